/**
 * A count in CloudWatch's embedded metric format: one log line that CloudWatch turns into a metric, with no call of its own.
 * Source: CloudWatch, "Specification: embedded metric format".
 */
export function metricLine(name: string, dimensions: Readonly<Record<string, string>>, now: number): string {
  return JSON.stringify({
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [
        {
          Namespace: "WalletGateway",
          Dimensions: [Object.keys(dimensions)],
          Metrics: [{ Name: name, Unit: "Count" }],
        },
      ],
    },
    ...dimensions,
    [name]: 1,
  });
}
