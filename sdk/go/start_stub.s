// So that start.go may declare a function without a body.
