module github.com/rollcall-go/rollcall/transport/faults

go 1.25

require (
	github.com/nats-io/nats-server/v2 v2.12.4
	github.com/nats-io/nats.go v1.49.0
	github.com/rabbitmq/amqp091-go v1.11.0
	github.com/rollcall-go/rollcall v0.0.0
	github.com/rollcall-go/rollcall/transport/amqpevents v0.0.0
	github.com/rollcall-go/rollcall/transport/natsevents v0.0.0
	go.uber.org/goleak v1.3.0
)

require (
	github.com/antithesishq/antithesis-sdk-go v0.5.0-default-no-op // indirect
	github.com/gofrs/flock v0.12.1 // indirect
	github.com/google/go-tpm v0.9.8 // indirect
	github.com/klauspost/compress v1.18.3 // indirect
	github.com/minio/highwayhash v1.0.4-0.20251030100505-070ab1a87a76 // indirect
	github.com/nats-io/jwt/v2 v2.8.0 // indirect
	github.com/nats-io/nkeys v0.4.12 // indirect
	github.com/nats-io/nuid v1.0.1 // indirect
	golang.org/x/crypto v0.47.0 // indirect
	golang.org/x/sys v0.40.0 // indirect
	golang.org/x/time v0.14.0 // indirect
)

replace (
	github.com/rollcall-go/rollcall => ../../
	github.com/rollcall-go/rollcall/transport/amqpevents => ../amqpevents
	github.com/rollcall-go/rollcall/transport/natsevents => ../natsevents
)
