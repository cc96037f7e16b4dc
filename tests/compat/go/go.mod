module compat

go 1.22
