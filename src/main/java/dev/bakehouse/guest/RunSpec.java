package dev.bakehouse.guest;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// One command for the guest. Arguments and environment are bytes and cross as they are; no shell
/// and no quoting is involved.
///
/// @param id names the run: letters, digits, `.`, `_`, `-`; used once a guest
/// @param cwd directory it starts in
/// @param argv program (looked up in the sent PATH) and arguments, without NUL
/// @param env `NAME=value` each, without NUL; the command gets exactly these
/// @param merged standard error joins standard output, in the order written
/// @param input bytes of the caller follow as standard input; else it is empty
public record RunSpec(
    String id, String cwd, List<byte[]> argv, List<byte[]> env, boolean merged, boolean input) {
  public RunSpec {
    argv = List.copyOf(argv);
    env = List.copyOf(env);
  }

  public static RunSpec of(String id, String cwd, String... argv) {
    List<byte[]> words = new ArrayList<>();
    for (String word : argv) {
      words.add(word.getBytes(UTF_8));
    }
    return new RunSpec(id, cwd, words, List.of(), true, false);
  }

  public RunSpec env(Map<String, String> more) {
    List<byte[]> all = new ArrayList<>(env);
    more.forEach((name, value) -> all.add((name + "=" + value).getBytes(UTF_8)));
    return env(all);
  }

  /// Replaces the environment by raw `NAME=value` entries.
  public RunSpec env(List<byte[]> entries) {
    return new RunSpec(id, cwd, argv, entries, merged, input);
  }

  /// Standard error stays apart.
  public RunSpec apart() {
    return new RunSpec(id, cwd, argv, env, false, input);
  }

  /// With the caller's bytes as standard input.
  public RunSpec withInput() {
    return new RunSpec(id, cwd, argv, env, merged, true);
  }

  /// The request as `guest.pl run` reads it.
  byte[] request() {
    List<byte[]> fields = new ArrayList<>();
    fields.add(id.getBytes(UTF_8));
    fields.add(cwd.getBytes(UTF_8));
    fields.add(((merged ? "merged " : "") + (input ? "stdin" : "")).getBytes(UTF_8));
    fields.add(Integer.toString(argv.size()).getBytes(UTF_8));
    fields.addAll(argv);
    fields.addAll(env);
    byte[] body = Frame.fields(fields);
    ByteBuffer all = ByteBuffer.allocate(8 + body.length);
    return all.put("BKR1".getBytes(UTF_8)).putInt(body.length).put(body).array();
  }
}
