package dev.bakehouse.coordinator;

import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// The tokens agents, jobs and tools show. Two are files made once; those of agents and jobs are an
/// id signed with a third file, so a restarted coordinator knows them all.
final class Tokens {
  static final String AGENT = "agent";
  static final String JOB = "job";
  static final String UPLOAD = "upload";
  static final String DOWNLOAD = "download";

  /// In characters; those that are made here have 40.
  private static final int SHORTEST = 20;

  private final String registration;
  private final String api;
  private final byte[] secret;

  Tokens(Path directory) {
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      registration = keep(directory.resolve("registration"));
      api = keep(directory.resolve("api"));
      secret = keep(directory.resolve("signing")).getBytes(StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UserError(
          "Could not make the coordinator's tokens in " + directory + ": " + Reason.of(e),
          "Check the directory's owner and free space.",
          e);
    }
  }

  boolean isRegistration(String token) {
    return same(registration, token);
  }

  String api() {
    return api;
  }

  boolean isApi(String token) {
    return same(api, token);
  }

  /// A token that says "this is the agent/job/… with this id".
  String sign(String kind, String id) {
    return kind + "." + id + "." + mac(kind + "." + id);
  }

  /// The id in a token of that kind that was signed here.
  Optional<String> verify(String kind, String token) {
    int last = token.lastIndexOf('.');
    if (last < 0 || !token.startsWith(kind + ".") || last <= kind.length()) {
      return Optional.empty();
    }
    String signed = token.substring(0, last);
    boolean good = same(mac(signed), token.substring(last + 1));
    return good ? Optional.of(signed.substring(kind.length() + 1)) : Optional.empty();
  }

  private String mac(String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
      byte[] bytes = mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This Java has no HmacSHA256", e);
    }
  }

  private static boolean same(String a, String b) {
    return MessageDigest.isEqual(
        a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }

  private static String keep(Path file) throws IOException {
    if (!Files.exists(file)) {
      byte[] random = new byte[30];
      new SecureRandom().nextBytes(random);
      String token = Base64.getUrlEncoder().encodeToString(random) + "\n";
      Directories.writePrivate(file, token.getBytes(StandardCharsets.UTF_8));
    }
    String kept = Files.readString(file).strip();
    if (kept.length() < SHORTEST) {
      throw new UserError(
          "The token in " + file + " is empty or too short: anybody could guess it",
          "Remove the file: a new one is made. Whoever used the old one needs it, agents too.");
    }
    return kept;
  }
}
