// Every DynamoDB client makes one, for operations that discover their endpoint; ours are sent to the Region's endpoint.
export class EndpointCache {
  get(): never {
    throw new Error("This bundle has no endpoint discovery");
  }
  set(): never {
    throw new Error("This bundle has no endpoint discovery");
  }
  has(): never {
    throw new Error("This bundle has no endpoint discovery");
  }
}
