import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A debit that ends with the truth, with Java's own library alone (Java 17).
 *
 * <pre>GATEWAY_URL=http://127.0.0.1:3000 java UntilKnown.java 991000017 1.00 1234 order-17</pre>
 *
 * Repeats one request, as it is, until its outcome is known (docs/openapi.json). Prints the answer and ends with 0 where the debit was
 * carried out; prints the problem and ends with 1 where it was not; ends with 3 where that is not known yet, whatever went wrong, or
 * could not be printed: run it again later with the same order. A deployed gateway asks who calls: send a token in GATEWAY_TOKEN, or
 * sign with the AWS SDK's AwsV4HttpSigner.
 */
public final class UntilKnown {
  /** The gateway answers within 30 seconds. */
  private static final String ANSWER_SECONDS = System.getenv().getOrDefault("ANSWER_SECONDS", "35");
  private static final String PATIENCE_SECONDS = System.getenv().getOrDefault("PATIENCE_SECONDS", "1200");
  /** Problems of the request as it arrived. */
  private static final Set<String> OF_ARRIVAL = Set.of("access-denied", "invalid-request", "unacceptable-body");
  /** Where something on the way has said nothing but a refusal, more of the same will hardly help. */
  private static final int MOST_REFUSED = 5;
  /** An answer from elsewhere is no answer of the gateway: redirects are not followed. */
  private static final HttpClient.Builder CLIENT =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .followRedirects(HttpClient.Redirect.NEVER);

  /** What is final: the request must be mended, or must not be repeated. */
  static final class Problem extends Exception {
    Problem(String body) {
      super(body);
    }
  }

  static final class NotKnownYet extends Exception {
    NotKnownYet(String why) {
      super(why);
    }
  }

  /** The body of a success. */
  static String untilKnown(HttpRequest request, String order)
      throws Problem, NotKnownYet, InterruptedException {
    HttpClient client = CLIENT.build();
    double answerSeconds = Double.parseDouble(ANSWER_SECONDS);
    double patienceSeconds = Double.parseDouble(PATIENCE_SECONDS);
    long started = System.nanoTime();
    boolean mayBeDone = false;
    int refused = 0;
    for (int attempt = 1; ; attempt++) {
      String why;
      String retryAfter = null;
      try {
        HttpResponse<String> answer = exchanged(client, request, answerSeconds);
        int status = answer.statusCode();
        why = answer.body();
        if (isDone(status, why, order)) return why;
        retryAfter = answer.headers().firstValue("retry-after").orElse(null);
        if (isProblem(why, order)) {
          // Once a request may have been carried out, one that was not taken as it arrived says nothing of it.
          boolean ofArrival = OF_ARRIVAL.contains(text(why, "code")) && !why.contains("\"record\":{");
          if (!"same-identity".equals(text(why, "retry")) && !(ofArrival && mayBeDone)) {
            if ("outcome-unknown".equals(text(why, "code"))) throw new NotKnownYet(why);
            throw new Problem(why);
          }
          mayBeDone |= status != 429;
        } else if (isOfApiGateway(answer) && (isRefusal(status) || status == 429)) {
          if (status != 429 && !mayBeDone) throw new Problem(why);
        } else {
          mayBeDone = true;
          if (isRefusal(status)) refused++;
          if (refused == attempt && attempt == MOST_REFUSED)
            throw new NotKnownYet(
                "HTTP %d, not of the gateway: wrong address or credentials, or a firewall's rule?".formatted(status));
        }
      } catch (IOException noAnswer) {
        why = noAnswer.toString();
        mayBeDone = true;
      }
      double wait = seconds(retryAfter, attempt);
      if ((System.nanoTime() - started) / 1e9 + wait > patienceSeconds) throw new NotKnownYet(why);
      Thread.sleep((long) (wait * 1000));
    }
  }

  /** The whole answer; HttpRequest.timeout ends where the headers have come. */
  static HttpResponse<String> exchanged(HttpClient client, HttpRequest request, double seconds)
      throws IOException, InterruptedException {
    CompletableFuture<HttpResponse<String>> answer = null;
    try {
      answer = client.sendAsync(request, HttpResponse.BodyHandlers.ofString());
      return answer.get((long) (seconds * 1000), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException | RuntimeException noAnswer) {
      // An answer that cannot be read fails in many ways, and none says that nothing was done.
      if (answer != null) answer.cancel(true);
      throw new IOException(noAnswer);
    }
  }

  /** Whether it is the gateway's answer that this debit was carried out. Something on the way may answer 200 too. */
  static boolean isDone(int status, String body, String order) {
    int record = body.lastIndexOf("\"record\":{");
    if (status != 200 || record < 0 || !body.startsWith("{\"result\":{")) return false;
    String told = body.substring(record + 9);
    return "aggrepay/debit-wallet".equals(text(told, "operation"))
        && order.equals(text(told, "identity"))
        && "succeeded".equals(text(told, "state"));
  }

  /** Whether it is a problem of the gateway's own, and of no other order's record. */
  static boolean isProblem(String body, String order) {
    String code = text(body, "code");
    if (code == null || !("urn:wallet-gateway:problem:" + code).equals(text(body, "type"))) return false;
    int record = body.lastIndexOf("\"record\":{");
    return record < 0 || order.equals(text(body.substring(record + 9), "identity"));
  }

  /** Whether a status refuses the request itself. A firewall may block the answer alone: then the debit was carried out. */
  static boolean isRefusal(int status) {
    return status >= 400 && status < 500 && status != 408 && status != 429 && status != 499;
  }

  /** Whether a refusal is API Gateway's own, which comes before the function runs; a function's headers have cache-control. */
  static boolean isOfApiGateway(HttpResponse<String> answer) {
    return answer.headers().firstValue("apigw-requestid").isPresent()
        && answer.headers().firstValue("cache-control").isEmpty()
        && answer.body().matches("\\s*\\{\\s*\"message\"\\s*:\\s*\"[^\"\\\\]*\"\\s*\\}\\s*");
  }

  /** What the gateway says; else a second, and then ever longer, at most a minute. */
  static double seconds(String retryAfter, int attempt) {
    if (retryAfter != null && retryAfter.matches("\\d{1,4}")) return Integer.parseInt(retryAfter);
    double most = Math.min(60, Math.pow(2, attempt - 1));
    return most - ThreadLocalRandom.current().nextDouble() * most / 2;
  }

  /**
   * The first text of this name, as the gateway writes it; null for one that has more than letters, digits and a few signs. The
   * members that are read here come before all that is the provider's, and `record` after it; use your JSON library here.
   */
  static String text(String json, String name) {
    Matcher found = Pattern.compile("[{,]\\s*\"" + name + "\"\\s*:\\s*\"([\\w:/.-]*)\"").matcher(json);
    return found.find() ? found.group(1) : null;
  }

  static String quoted(String value) {
    return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  public static void main(String[] given) {
    int code;
    try {
      code = run(given);
    } catch (Throwable unexpected) { // Java itself would end with 1.
      System.err.println("not known yet: " + (unexpected instanceof NotKnownYet ? unexpected.getMessage() : unexpected));
      code = 3;
    }
    // Standard output keeps its errors to itself.
    System.exit(System.out.checkError() ? 3 : code);
  }

  static int run(String[] given) throws NotKnownYet, InterruptedException {
    // The order's own id is the identity: it was stored before this runs, and is the same in every repeat.
    String debit =
        "{\"fromCustomerId\":%s,\"amount\":%s,\"mpin\":%s,\"merchantTransactionId\":%s}"
            .formatted(quoted(given[0]), quoted(given[1]), quoted(given[2]), quoted(given[3]));
    String url = System.getenv("GATEWAY_URL").replaceAll("/+$", "") + "/v1/aggrepay/debit-wallet";
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(debit));
    String token = System.getenv("GATEWAY_TOKEN");
    if (token != null) request.header("authorization", "Bearer " + token);
    try {
      System.out.println(untilKnown(request.build(), given[3].strip()));
      return 0;
    } catch (Problem problem) {
      System.out.println(problem.getMessage());
      return 1;
    }
  }
}
