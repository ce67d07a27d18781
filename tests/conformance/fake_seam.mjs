// Seam's own fake server, seeded, on loopback only. Prints its address, then takes
// one JSON command a line on stdin, and ends when stdin does.
import net from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const LOOPBACK = "127.0.0.1";

// By itself it would listen on all interfaces.
const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (port, ...rest) {
  return listen.call(this, port, LOOPBACK, ...rest);
};

// Time is injected: what the fake says of it is what it was last told, so that
// Home Assistant and the fake live under one clock.
const RealDate = Date;
let injected = null; // milliseconds since the epoch, null for real time
globalThis.Date = class extends RealDate {
  constructor(...parts) {
    super(...(parts.length === 0 && injected !== null ? [injected] : parts));
  }
  static now() {
    return injected ?? RealDate.now();
  }
};

const [folder] = process.argv.slice(2);
const entry = join(folder, "node_modules/@seamapi/fake-seam-connect/dist/index.js");
const { createFake } = await import(pathToFileURL(entry));
const fake = await createFake();
await fake.seed();
const seeded = fake.database.getState();
const { server } = await fake.startServer({ port: 0, signals: [] });

server.prependListener("request", (_request, response) => {
  response.setHeader("Date", new Date().toUTCString());
});

const commands = {
  set_clock({ seconds }) {
    injected = seconds === null ? null : seconds * 1000;
  },
  // Back to the seed. Nothing ever changes a state in place, so the old one is whole.
  reset() {
    fake.database.setState(seeded, true);
  },
  // What Seam documents of a lock that cannot be reached; the fake never does it.
  take_offline({ device_id }) {
    const { devices } = fake.database;
    const { properties } = devices.find((one) => one.device_id === device_id);
    fake.database.updateDevice({
      device_id,
      properties: { ...properties, online: false, locked: undefined },
      errors: [{ error_code: "device_disconnected", message: "It is offline." }],
    });
  },
  add_event(event) {
    fake.database.addEvent(event);
  },
};

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const [name, options] = JSON.parse(line);
  commands[name](options);
  console.log("done");
});
lines.on("close", () => process.exit(0));
console.log(`http://${LOOPBACK}:${server.address().port}`);
