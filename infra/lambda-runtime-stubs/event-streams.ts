// DynamoDB and Secrets Manager answer with one JSON document; no operation of theirs has an event stream.
export class EventStreamSerde {
  constructor() {
    throw new Error("This bundle has no event streams");
  }
}

export const eventStreamSerdeProvider = (): never => {
  throw new Error("This bundle has no event streams");
};
