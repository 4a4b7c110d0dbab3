module github.com/rollcall-go/rollcall/transport/amqpevents

go 1.25

require (
	github.com/rabbitmq/amqp091-go v1.16.0
	github.com/rollcall-go/rollcall v0.0.0
	go.uber.org/goleak v1.3.0
)

replace github.com/rollcall-go/rollcall => ../../
