package dev.bakehouse.store.s3;

import dev.bakehouse.platform.Poll;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobProviderMetadata;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStoreContext;

/// s3proxy on a free loopback port: S3's protocol over a directory, with signatures checked.
final class LocalS3 implements AutoCloseable {
  static final String ID = "local-identity";
  static final String SECRET = "local-credential";

  private final BlobStoreContext context;
  private final S3Proxy proxy;

  LocalS3(Path directory) throws Exception {
    Properties properties = new Properties();
    properties.setProperty(
        "jclouds.filesystem.basedir", Files.createDirectories(directory).toString());
    context =
        ContextBuilder.newBuilder(new FilesystemNio2BlobProviderMetadata())
            .credentials("identity", "credential")
            .overrides(properties)
            .build(BlobStoreContext.class);
    proxy =
        S3Proxy.builder()
            .blobStore(context.getBlobStore())
            .awsAuthentication(AuthenticationType.AWS_V4, ID, SECRET)
            .ignoreUnknownHeaders(true)
            .endpoint(URI.create("http://127.0.0.1:0"))
            .build();
    proxy.start();
    Poll.until(
        "s3proxy",
        Duration.ofSeconds(20),
        () -> Optional.of(true).filter(_ -> proxy.getState().equals(AbstractLifeCycle.STARTED)));
  }

  int port() {
    return proxy.getPort();
  }

  void makeBucket(String name) {
    context.getBlobStore().createContainerInLocation(null, name);
  }

  /// A file of credentials as the AWS tools write it.
  static Path credentials(Path directory, String id, String secret) throws Exception {
    Path file = directory.resolve("credentials-" + id + "-" + secret.length());
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(
        file,
        "[default]\naws_access_key_id = " + id + "\naws_secret_access_key = " + secret + "\n");
  }

  @Override
  public void close() {
    try {
      proxy.stop();
    } catch (Exception e) {
      throw new IllegalStateException("s3proxy does not stop", e);
    }
    context.close();
  }
}
