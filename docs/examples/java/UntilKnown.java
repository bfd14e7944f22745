import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A debit that ends with the truth, with Java's own library alone (Java 17).
 *
 * <pre>GATEWAY_URL=http://127.0.0.1:3000 java UntilKnown.java 991000017 1.00 1234 order-17</pre>
 *
 * Repeats one request, as it is, until its outcome is known (docs/openapi.json). Prints the answer and ends with 0 where the debit was
 * carried out; prints the problem and ends with 1 where it was not; ends with 3 where that is not known yet: run it again later
 * with the same order. A deployed gateway asks who calls: send a token in GATEWAY_TOKEN, or sign with the AWS SDK's AwsV4HttpSigner.
 */
public final class UntilKnown {
  /** The gateway answers within 30 seconds. */
  private static final Duration ANSWER = Duration.ofSeconds(35);
  private static final double PATIENCE_SECONDS =
      Double.parseDouble(System.getenv().getOrDefault("PATIENCE_SECONDS", "1200"));
  /** An answer from elsewhere is no answer of the gateway: redirects are not followed. */
  private static final HttpClient CLIENT =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

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
  static String untilKnown(HttpRequest request) throws Problem, NotKnownYet, InterruptedException {
    long started = System.nanoTime();
    for (int attempt = 1; ; attempt++) {
      String why;
      String retryAfter = null;
      try {
        HttpResponse<String> answer = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
        int status = answer.statusCode();
        if (status >= 200 && status < 300) return answer.body();
        why = answer.body();
        retryAfter = answer.headers().firstValue("retry-after").orElse(null);
        boolean repeats =
            text(why, "code") == null
                ? status == 429 || status >= 500
                : "same-identity".equals(text(why, "retry"));
        if (!repeats) throw new Problem(why);
      } catch (IOException noAnswer) {
        why = noAnswer.toString();
      }
      double wait = seconds(retryAfter, attempt);
      if ((System.nanoTime() - started) / 1e9 + wait > PATIENCE_SECONDS) throw new NotKnownYet(why);
      Thread.sleep((long) (wait * 1000));
    }
  }

  /** What the gateway says; else a second, and then ever longer, at most a minute. */
  static double seconds(String retryAfter, int attempt) {
    if (retryAfter != null && retryAfter.matches("\\d{1,4}")) return Integer.parseInt(retryAfter);
    double most = Math.min(60, Math.pow(2, attempt - 1));
    return most - ThreadLocalRandom.current().nextDouble() * most / 2;
  }

  /**
   * A text of the outermost object of a problem, whose members `code` and `retry` come before anything of the provider's; use your JSON
   * library here.
   */
  static String text(String json, String name) {
    Matcher found = Pattern.compile("[{,]\\s*\"" + name + "\"\\s*:\\s*\"([a-z-]*)\"").matcher(json);
    return found.find() ? found.group(1) : null;
  }

  static String quoted(String value) {
    return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  public static void main(String[] given) throws InterruptedException {
    // The order's own id is the identity: it was stored before this runs, and is the same in every repeat.
    String debit =
        "{\"fromCustomerId\":%s,\"amount\":%s,\"mpin\":%s,\"merchantTransactionId\":%s}"
            .formatted(quoted(given[0]), quoted(given[1]), quoted(given[2]), quoted(given[3]));
    String url = System.getenv("GATEWAY_URL").replaceAll("/+$", "") + "/v1/aggrepay/debit-wallet";
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url))
            .timeout(ANSWER)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(debit));
    String token = System.getenv("GATEWAY_TOKEN");
    if (token != null) request.header("authorization", "Bearer " + token);
    try {
      System.out.println(untilKnown(request.build()));
    } catch (Problem problem) {
      System.out.println(problem.getMessage());
      System.exit(1);
    } catch (NotKnownYet unknown) {
      System.err.println("not known yet: " + unknown.getMessage());
      System.exit(3);
    }
  }
}
