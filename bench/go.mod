module github.com/rollcall-go/rollcall/bench

go 1.25

require (
	github.com/asaskevich/EventBus v0.0.0-20200907212545-49d423059eef
	github.com/dominikbraun/graph v0.23.0
	github.com/gookit/event v1.2.0
	github.com/jilio/ebu v0.18.0
	github.com/kelindar/event v1.5.2
	github.com/maniartech/signals v1.3.1
	github.com/mehdihadeli/go-mediatr v1.4.0
	github.com/mustafaturan/bus/v3 v3.0.3
	github.com/rollcall-go/rollcall v0.0.0
	go.uber.org/fx v1.24.0
	golang.org/x/sync v0.12.0
	gonum.org/v1/gonum v0.17.0
)

require (
	github.com/gookit/goutil v0.7.1 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	go.uber.org/dig v1.19.0 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	go.uber.org/zap v1.26.0 // indirect
	golang.org/x/sys v0.30.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)

replace github.com/rollcall-go/rollcall => ../
