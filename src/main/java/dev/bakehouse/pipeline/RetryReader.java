package dev.bakehouse.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// Reads `retry` of a command step (https://buildkite.com/docs/pipelines/configure/retry).
final class RetryReader {
  private static final List<String> ANY = List.of("*");
  private static final int LIMIT = 2;

  private RetryReader() {}

  private static Optional<Fields> retry(Fields step) {
    return step.value("retry").map(value -> step.inner("retry", value));
  }

  static List<RetryRule> automatic(Fields step, int most) {
    Optional<Fields> retry = retry(step);
    if (retry.isEmpty()) {
      return List.of();
    }
    Optional<JsonNode> automatic = retry.get().value("automatic");
    retry.get().value("manual");
    retry.get().close();
    List<RetryRule> rules = new ArrayList<>();
    if (automatic.isPresent() && automatic.get().isArray()) {
      automatic.get().forEach(item -> rules.add(rule(step, item, most)));
    } else if (automatic.isPresent() && automatic.get().isObject()) {
      rules.add(rule(step, automatic.get(), most));
    } else if (retry.get().flag("automatic")) {
      rules.add(new RetryRule(ANY, ANY, ANY, LIMIT));
    }
    return rules;
  }

  private static RetryRule rule(Fields step, JsonNode item, int most) {
    Fields inner = step.inner("retry", "retry.automatic", item);
    RetryRule rule =
        new RetryRule(
            orAny(inner.texts("exit_status")),
            orAny(inner.texts("signal")),
            orAny(inner.texts("signal_reason")),
            inner.number("limit", 0, most).orElse(LIMIT));
    inner.close();
    return rule;
  }

  private static List<String> orAny(List<String> all) {
    return all.isEmpty() ? ANY : all;
  }

  static ManualRetry manual(Fields step) {
    Optional<JsonNode> manual = retry(step).flatMap(retry -> retry.value("manual"));
    if (manual.isEmpty() || !manual.get().isObject()) {
      boolean allowed = manual.isEmpty() || retry(step).orElseThrow().flag("manual");
      return new ManualRetry(allowed, false, Optional.empty());
    }
    Fields inner = step.inner("retry", "retry.manual", manual.get());
    ManualRetry retry =
        new ManualRetry(
            !inner.text("allowed").orElse("true").equals("false"),
            inner.flag("permit_on_passed"),
            inner.text("reason"));
    inner.close();
    return retry;
  }
}
