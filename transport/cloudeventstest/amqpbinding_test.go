package cloudeventstest

import (
	"bytes"
	"context"
	"io"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/binding/format"
	"github.com/cloudevents/sdk-go/v2/binding/spec"
	"github.com/cloudevents/sdk-go/v2/types"
	"github.com/rabbitmq/amqp091-go"
)

// The SDK has a binding to AMQP 1.0 only. These are the few functions that it
// lacks for 0.9.1: all of what an event is, it knows itself.

var (
	_ binding.Message               = delivered{}
	_ binding.MessageMetadataReader = delivered{}
	_ binding.StructuredWriter      = (*writing)(nil)
	_ binding.BinaryWriter          = (*writing)(nil)
)

// delivered is a message of the broker, for the SDK to read.
type delivered struct {
	amqp091.Delivery
	versions *spec.Versions
}

func newDelivered(d amqp091.Delivery, prefix string) delivered {
	return delivered{d, spec.WithPrefix(prefix)}
}

func (d delivered) version() spec.Version {
	name, _ := d.Headers[d.versions.PrefixedSpecVersionName()].(string)
	return d.versions.Version(name)
}

func (d delivered) ReadEncoding() binding.Encoding {
	switch {
	case format.IsFormat(d.ContentType):
		return binding.EncodingStructured
	case d.version() != nil:
		return binding.EncodingBinary
	}
	return binding.EncodingUnknown
}

func (d delivered) ReadStructured(ctx context.Context, w binding.StructuredWriter) error {
	if f := format.Lookup(d.ContentType); f != nil {
		return w.SetStructuredEvent(ctx, f, bytes.NewReader(d.Body))
	}
	return binding.ErrNotStructured
}

func (d delivered) ReadBinary(_ context.Context, w binding.BinaryWriter) error {
	version := d.version()
	if version == nil {
		return binding.ErrNotBinary
	}
	if d.ContentType != "" {
		if err := w.SetAttribute(version.AttributeFromKind(spec.DataContentType), d.ContentType); err != nil {
			return err
		}
	}
	for name, value := range d.Headers {
		if err := setHeader(w, version, name, value); err != nil {
			return err
		}
	}
	return w.SetData(bytes.NewReader(d.Body))
}

func setHeader(w binding.BinaryWriter, version spec.Version, name string, value any) error {
	if attribute := version.Attribute(name); attribute != nil {
		return w.SetAttribute(attribute, value)
	}
	if extension, ok := strings.CutPrefix(name, version.Prefix()); ok {
		return w.SetExtension(extension, value)
	}
	return nil
}

func (d delivered) GetAttribute(kind spec.Kind) (spec.Attribute, any) {
	version := d.version()
	if version == nil {
		return nil, nil
	}
	attribute := version.AttributeFromKind(kind)
	return attribute, d.Headers[attribute.PrefixedName()]
}

func (d delivered) GetExtension(name string) any { return d.Headers[d.versions.Prefix()+name] }

func (d delivered) Finish(error) error { return nil }

// writing is a message for the broker, as the SDK writes it.
type writing struct {
	amqp091.Publishing
	prefix string
}

func (w *writing) SetStructuredEvent(_ context.Context, f format.Format, event io.Reader) error {
	w.ContentType = f.MediaType()
	return w.SetData(event)
}

func (w *writing) Start(context.Context) error {
	w.Headers = amqp091.Table{}
	return nil
}

func (w *writing) SetAttribute(attribute spec.Attribute, value any) error {
	if attribute.Kind() != spec.DataContentType {
		return w.SetExtension(attribute.Name(), value)
	}
	text, err := types.ToString(value)
	w.ContentType = text
	return err
}

// SetExtension writes what AMQP has a type for as that, other values as text.
func (w *writing) SetExtension(name string, value any) error {
	switch v := value.(type) {
	case nil:
		delete(w.Headers, w.prefix+name)
		return nil
	case bool, int32, string:
		w.Headers[w.prefix+name] = v
		return nil
	case types.Timestamp:
		w.Headers[w.prefix+name] = v.Time
		return nil
	case time.Time:
		w.Headers[w.prefix+name] = v
		return nil
	}
	text, err := types.Format(value)
	w.Headers[w.prefix+name] = text
	return err
}

func (w *writing) SetData(data io.Reader) (err error) {
	w.Body, err = io.ReadAll(data)
	return err
}

func (w *writing) End(context.Context) error { return nil }
