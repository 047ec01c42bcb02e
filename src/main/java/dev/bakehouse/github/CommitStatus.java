package dev.bakehouse.github;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;

/// A status of a commit, in GitHub's words:
/// https://docs.github.com/en/rest/commits/statuses#create-a-commit-status
///
/// @param description at most 140 characters
/// @param targetUrl where more is to be seen; empty for nowhere
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record CommitStatus(
    String context, State state, String description, @JsonProperty("target_url") String targetUrl) {
  private static final int LONGEST = 140;

  /// What came of it so far.
  public enum State {
    @JsonProperty("pending")
    PENDING,
    @JsonProperty("success")
    SUCCESS,
    @JsonProperty("failure")
    FAILURE
  }

  public CommitStatus {
    description =
        description.length() > LONGEST ? description.substring(0, LONGEST - 1) + "…" : description;
  }
}
