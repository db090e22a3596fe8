// Command natsclient uses the NATS server whose URL is its argument and prints what
// it saw: publish and subscribe with wildcards and queue groups, request and reply.
package main

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	messages = 20_000
	patience = 10 * time.Second
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "natsclient:", err)
		os.Exit(1)
	}
}

func run(url string) error {
	subscriber, err := nats.Connect(url, nats.Timeout(patience))
	if err != nil {
		return err
	}
	defer subscriber.Close()
	publisher, err := nats.Connect(url, nats.Timeout(patience))
	if err != nil {
		return err
	}
	defer publisher.Close()
	for _, step := range []func(subscriber, publisher *nats.Conn) error{publish, groups, requests} {
		if err := step(subscriber, publisher); err != nil {
			return err
		}
	}
	return subscriber.Drain()
}

// publish sends messages that must come in order.
func publish(subscriber, publisher *nats.Conn) error {
	in, err := subscriber.SubscribeSync("orders.*.new")
	if err != nil {
		return err
	}
	if err := in.SetPendingLimits(-1, -1); err != nil {
		return err
	}
	if err := subscriber.FlushTimeout(patience); err != nil {
		return err
	}
	for i := range messages {
		m := nats.NewMsg("orders." + strconv.Itoa(i%7) + ".new")
		m.Header.Set("Number", strconv.Itoa(i))
		m.Data = fmt.Appendf(nil, "order %d %0*d", i, i%500, 0)
		if err := publisher.PublishMsg(m); err != nil {
			return err
		}
	}
	if err := publisher.Publish("orders.old", []byte("nobody listens")); err != nil {
		return err
	}
	for i := range messages {
		m, err := in.NextMsg(patience)
		if err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
		if want := fmt.Sprintf("order %d %0*d", i, i%500, 0); string(m.Data) != want || m.Header.Get("Number") != strconv.Itoa(i) {
			return fmt.Errorf("message %d is %q on %s", i, m.Data, m.Subject)
		}
	}
	fmt.Println(messages, "messages in order")
	return in.Unsubscribe()
}

// groups has each message go to one of two members.
func groups(subscriber, publisher *nats.Conn) error {
	var mu sync.Mutex
	var got [2]int
	done := make(chan bool)
	for i := range got {
		_, err := subscriber.QueueSubscribe("work", "workers", func(*nats.Msg) {
			mu.Lock()
			defer mu.Unlock()
			if got[i]++; got[0]+got[1] == 1000 {
				close(done)
			}
		})
		if err != nil {
			return err
		}
	}
	if err := subscriber.FlushTimeout(patience); err != nil {
		return err
	}
	for range 1000 {
		if err := publisher.Publish("work", []byte("x")); err != nil {
			return err
		}
	}
	select {
	case <-done:
	case <-time.After(patience):
		return fmt.Errorf("two workers got %v of 1000", got)
	}
	fmt.Println("1000 messages to a group, each member some:", got[0] > 0 && got[1] > 0)
	return nil
}

// requests asks and gets answers, and is told if nobody would answer.
func requests(subscriber, publisher *nats.Conn) error {
	_, err := subscriber.Subscribe("double", func(m *nats.Msg) {
		n, _ := strconv.Atoi(string(m.Data))
		_ = m.Respond([]byte(strconv.Itoa(2 * n)))
	})
	if err != nil {
		return err
	}
	if err := subscriber.FlushTimeout(patience); err != nil {
		return err
	}
	for i := range 500 {
		m, err := publisher.Request("double", []byte(strconv.Itoa(i)), patience)
		if err != nil {
			return err
		}
		if string(m.Data) != strconv.Itoa(2*i) {
			return fmt.Errorf("twice %d is %q", i, m.Data)
		}
	}
	_, err = publisher.Request("nobody", nil, patience)
	fmt.Println("500 requests answered; without a responder:", err)
	return nil
}
