package main

// greeting is what is said to a name; a bug makes it fail for some.
func greeting(name string) string {
	if name == "nobody" {
		panic("there is nobody to greet")
	}
	return "hello, " + name
}
