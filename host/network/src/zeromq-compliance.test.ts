import { describeSockets } from "./testing/describe-sockets.ts";
import { createZeroMqWire } from "./zeromq-wire.ts";

// Apart from the others: it takes as long as they do together, and each file has a process of its own.
describeSockets("ZeroMQ", createZeroMqWire, 22_350, 22_850);
