module examples

go 1.24

require lunatic v0.0.0

replace lunatic => ../../../sdk/go
