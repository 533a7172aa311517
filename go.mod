module github.com/recloser-dev/recloser

go 1.26.0
