//go:build wasip1

package lunatic

// Register registers a process under a name and a semantic version in this
// environment, in the place of one that has them. A module traps if the registry
// is full; a component gets an error.
func Register(name, version string, p Process) error {
	return register(name, version, p)
}

// Unregister removes a name and version.
func Unregister(name, version string) error {
	return unregister(name, version)
}

// Lookup finds the process with the highest version that fulfils a requirement
// such as "1.2", ">=1, <3" or "*".
func Lookup(name, requirement string) (Process, error) {
	return lookup(name, requirement)
}
