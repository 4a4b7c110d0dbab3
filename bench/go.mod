module github.com/rollcall-go/rollcall/bench

go 1.25
