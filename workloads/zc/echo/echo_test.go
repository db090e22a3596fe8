package main

import (
	"testing"

	"unibench/workloads/internal/servertest"
)

func TestTCP(t *testing.T) { servertest.EchoTCP(t, run) }

func TestUDP(t *testing.T) { servertest.EchoUDP(t, run) }

func TestArguments(t *testing.T) { servertest.Arguments(t, run) }
