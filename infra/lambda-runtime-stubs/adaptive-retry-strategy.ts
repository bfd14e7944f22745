// Our clients are given `retryMode: "standard"`; the adaptive mode, with its rate limiter, would hold a claim back.
export class AdaptiveRetryStrategy {
  constructor() {
    throw new Error('This bundle has no adaptive retries: give the AWS client `retryMode: "standard"`');
  }
}
