package dev.bakehouse.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Tokens of a real service before a real registry.
@Tag("registry")
class RegistryLoginTest {
  @TempDir Path temp;
  private TokenServer tokens;
  private DockerRegistry registry;
  private FaultyRegistry proxy;
  private final byte[] blob = Remotes.noise(400_000);
  private final Digest digest = Digest.of(blob);

  @BeforeEach
  void start() throws Exception {
    tokens = TokenServer.start(temp.resolve("tokens"));
    registry = DockerRegistry.start(temp.resolve("registry"), tokens.settings());
    proxy = FaultyRegistry.before(registry.host());
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    registry.close();
    tokens.close();
  }

  @Test
  void asksOnceForEachSetOfRights() throws IOException {
    RemoteRepository repository = user("a/b");
    Remotes.put(repository, blob);
    assertThat(repository.hasBlob(digest)).isTrue();
    Remotes.put(repository, Remotes.noise(100));
    assertThat(tokens.asked)
        .extracting(TokenServer.Asked::scopes)
        .containsExactly(Set.of("repository:a/b:pull"), Set.of("repository:a/b:pull,push"));
    assertThat(proxy.requests()).filteredOn(r -> r.authorization().isEmpty()).hasSize(1);
  }

  @Test
  void aMountAsksForRightsOnBothRepositories() throws IOException {
    Remotes.put(user("a/b"), blob);
    tokens.asked.clear();
    RemoteRepository other = user("c/d");
    assertThat(other.mount(digest, proxy.host() + "/a/b")).isTrue();
    assertThat(tokens.asked)
        .extracting(TokenServer.Asked::scopes)
        .containsExactly(Set.of("repository:a/b:pull", "repository:c/d:pull,push"));
    assertThat(other.hasBlob(digest)).isTrue();
  }

  @Test
  void anyoneReadsWhatIsPublicAndNothingElse() throws IOException {
    Remotes.put(user("public/x"), blob);
    Remotes.put(user("a/b"), blob);
    RemoteRepository open = Remotes.anonymous(proxy.host(), "public/x", temp);
    assertThat(open.hasBlob(digest)).isTrue();
    assertThatThrownBy(() -> Remotes.put(open, Remotes.noise(10)))
        .isInstanceOf(RegistryError.Denied.class)
        .hasMessageContaining("repository:public/x:pull,push");
    RemoteRepository closed = Remotes.anonymous(proxy.host(), "a/b", temp);
    assertThatThrownBy(() -> closed.hasBlob(digest))
        .isInstanceOf(RegistryError.Denied.class)
        .hasMessageContaining("repository:a/b:pull")
        .extracting(e -> ((RegistryError) e).remedy())
        .asString()
        .contains("Give credentials");
  }

  @Test
  void saysWhetherTheLoginOrItsRightsAreWrong() {
    RemoteRepository wrong = Remotes.as("user", "hunter2", proxy.host(), "a/b", temp);
    assertThatThrownBy(() -> wrong.head("v1"))
        .isInstanceOf(RegistryError.Denied.class)
        .hasMessageContainingAll("gives no token", "`user`")
        .message()
        .doesNotContain("hunter2");
    RemoteRepository reader = Remotes.as("reader", "s3cret", proxy.host(), "a/b", temp);
    assertThat(reader.head("v1")).isEmpty();
    assertThatThrownBy(() -> Remotes.put(reader, blob))
        .isInstanceOf(RegistryError.Denied.class)
        .hasMessageContainingAll("`reader`", "the right repository:a/b:pull,push")
        .extracting(e -> ((RegistryError) e).remedy())
        .asString()
        .contains("Give that user the right");
  }

  @Test
  void aTokenThatEndedMidwayIsRenewedOnce() throws IOException {
    RemoteRepository repository = user("a/b");
    Remotes.put(repository, blob);
    tokens.asked.clear();
    proxy.on("GET", "/blobs/", new Fault.Truncate(100_000), ended());
    try (var in = repository.blob(digest, 0)) {
      assertThat(in.readAllBytes()).isEqualTo(blob);
    }
    assertThat(tokens.asked).hasSize(1);
    RemoteRepository chunked =
        new RemoteRepository(
            Remotes.reference(proxy.host(), "a/b"),
            Remotes.login("user", "s3cret"),
            true,
            temp,
            Remotes.HASTY,
            100_000);
    proxy.on("PATCH", "", new Fault.Pass(), ended());
    proxy.on("PUT", "digest=", ended());
    assertThat(repository.hasBlob(Remotes.put(chunked, Remotes.noise(350_000)))).isTrue();
    proxy.always("GET", "/blobs/", ended());
    assertThatThrownBy(() -> repository.blob(digest, 0).read())
        .isInstanceOf(RegistryError.Denied.class)
        .hasMessageContaining("does not accept the login of `user`");
  }

  @Test
  void anIdentityTokenOfDockersFileIsExchanged() throws IOException {
    Path docker =
        Files.writeString(
            temp.resolve("config.json"),
            "{\"auths\":{\"%s\":{\"auth\":\"\",\"identitytoken\":\"identity\"}}}"
                .formatted(proxy.host()));
    assertThat(Remotes.put(with(docker), blob)).isEqualTo(digest);
    assertThat(tokens.asked).allMatch(a -> a.how().equals("POST") && a.user().equals("user"));
  }

  @Test
  void aRealHelperIsAskedOnItsStandardInput() throws IOException {
    Path helper = temp.resolve("docker-credential-test");
    Files.writeString(
        helper,
        """
        #!/bin/sh
        echo "$*" >>%1$s/argv
        read -r host
        case $1.$host in
        get.%2$s) echo '{"ServerURL":"%2$s","Username":"user","Secret":"s3cret"}' ;;
        *) echo "credentials not found in native keychain"; exit 1 ;;
        esac
        """
            .formatted(temp, proxy.host()));
    Files.setPosixFilePermissions(helper, PosixFilePermissions.fromString("rwx------"));
    for (String config :
        List.of(
            "{\"credsStore\":\"%s\",\"auths\":{\"%s\":{}}}",
            "{\"credHelpers\":{\"%2$s\":\"%1$s\"},\"credsStore\":\"none\"}")) {
      Path docker = temp.resolve("config.json");
      Files.writeString(docker, config.formatted("test", proxy.host()));
      Credentials credentials = credentials(docker);
      if (config.startsWith("{\"credsStore")) {
        assertThat(credentials.find("other.example")).isEmpty();
      }
      assertThat(with(docker).hasBlob(digest)).isFalse();
    }
    assertThat(Files.readAllLines(temp.resolve("argv"))).containsOnly("get");
  }

  private Fault ended() {
    String challenge =
        "Bearer realm=\"%s\",service=\"registry\",scope=\"repository:a/b:pull\",error=\"invalid_token\""
            .formatted(tokens.realm());
    return new Fault.Status(401, Map.of("WWW-Authenticate", challenge), "");
  }

  private RemoteRepository user(String repository) {
    return Remotes.as("user", "s3cret", proxy.host(), repository, temp);
  }

  private Credentials credentials(Path docker) {
    Path absent = temp.resolve("absent");
    return new Credentials(Map.of("PATH", temp.toString()), docker, absent, absent, List.of());
  }

  private RemoteRepository with(Path docker) {
    return new RemoteRepository(
        Remotes.reference(proxy.host(), "a/b"), credentials(docker), true, temp, Remotes.HASTY, 0);
  }
}
