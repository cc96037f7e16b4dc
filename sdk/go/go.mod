module lunatic

go 1.24
