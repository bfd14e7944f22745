/** A request as API Gateway hands it to a function, as far as the functions that are compared look at it. */
export const eventOf = (input: object, requestId: string): string =>
  JSON.stringify({
    version: "2.0",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(input),
    isBase64Encoded: false,
    requestContext: { requestId, timeEpoch: Date.now() },
  });
