// Hands the trace id of this invocation on to services that can invoke Lambda again (SQS, SNS, S3), so that AWS finds a
// loop. DynamoDB and Secrets Manager invoke nothing, and nothing of ours is traced: no middleware, as in the SDK's
// own version for browsers.
export const getRecursionDetectionPlugin = () => ({ applyToStack: () => {} });
