/**
 * `node:http` for all that the host's processes are made of. An `import` of it reads each of its properties, and `WebSocket` among
 * them loads all of Node's fetch: more than half of what a process takes to start.
 */
export const { Agent, createServer, request } = process.getBuiltinModule("node:http");
