import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/// How Tart moves a disk, by what is known of its algorithm: slices of 512 MiB, on push compressed whole and one after the
/// other before the registry is asked for them, uploaded by 4 streams; on pull 4 streams that decode as the bytes come,
/// skip zeros in pieces of 4 MiB and check no digest. Frames and compressor are the same as ours.
final class TartPeer {
  private static final int SLICE = 512 << 20;
  private static final int BLOCK = 1 << 16;
  private static final int STREAMS = 4;
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final String base;

  private TartPeer(String base) {
    this.base = base;
  }

  /// push|pull DISK http://HOST/v2/REPOSITORY TAG
  public static void main(String[] args) throws Exception {
    TartPeer peer = new TartPeer(args[2]);
    if (args[0].equals("push")) {
      peer.push(Path.of(args[1]), args[3]);
    } else {
      peer.pull(Path.of(args[1]), args[3]);
    }
  }

  private record Layer(String digest, long size, long raw) {}

  private void push(Path disk, String tag) throws Exception {
    List<Future<Layer>> uploads = new ArrayList<>();
    try (ExecutorService streams = Executors.newFixedThreadPool(STREAMS);
        FileChannel in = FileChannel.open(disk)) {
      for (long at = 0; at < in.size(); at += SLICE) {
        byte[] raw = new byte[(int) Math.min(SLICE, in.size() - at)];
        in.read(ByteBuffer.wrap(raw), at);
        digest(raw);
        byte[] packed = compress(raw);
        String digest = digest(packed);
        long size = raw.length;
        uploads.add(streams.submit(() -> upload(packed, digest, size)));
        while (uploads.stream().filter(u -> !u.isDone()).count() >= STREAMS) {
          uploads.stream().filter(u -> !u.isDone()).findFirst().orElseThrow().get();
        }
      }
    }
    byte[] config = "{}".getBytes(StandardCharsets.UTF_8);
    Layer first = upload(config, digest(config), config.length);
    StringBuilder layers = new StringBuilder();
    for (Future<Layer> upload : uploads) {
      Layer l = upload.get();
      layers
          .append(layers.isEmpty() ? "" : ",")
          .append("{\"mediaType\":\"application/octet-stream\",\"digest\":\"")
          .append(l.digest + "\",\"size\":" + l.size + ",\"annotations\":{\"raw\":\"" + l.raw + "\"}}");
    }
    String manifest =
        "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{\"mediaType\":"
            + "\"application/vnd.oci.image.config.v1+json\",\"digest\":\"" + first.digest + "\",\"size\":2},\"layers\":["
            + layers + "]}";
    expect(201, send(HttpRequest.newBuilder(URI.create(base + "/manifests/" + tag))
        .header("Content-Type", "application/vnd.oci.image.manifest.v1+json")
        .PUT(BodyPublishers.ofString(manifest))));
  }

  private Layer upload(byte[] bytes, String digest, long raw) throws Exception {
    Layer layer = new Layer(digest, bytes.length, raw);
    var head = HttpRequest.newBuilder(URI.create(base + "/blobs/" + digest)).method("HEAD", BodyPublishers.noBody());
    if (send(head).statusCode() == 200) {
      return layer;
    }
    HttpResponse<byte[]> begun =
        send(HttpRequest.newBuilder(URI.create(base + "/blobs/uploads/")).POST(BodyPublishers.noBody()));
    expect(202, begun);
    URI place = URI.create(base).resolve(begun.headers().firstValue("location").orElseThrow());
    String glue = place.getRawQuery() == null ? "?" : "&";
    expect(201, send(HttpRequest.newBuilder(URI.create(place + glue + "digest=" + digest))
        .header("Content-Type", "application/octet-stream").PUT(BodyPublishers.ofByteArray(bytes))));
    return layer;
  }

  private void pull(Path disk, String tag) throws Exception {
    String manifest =
        new String(
            send(HttpRequest.newBuilder(URI.create(base + "/manifests/" + tag))
                .header("Accept", "application/vnd.oci.image.manifest.v1+json")).body(),
            StandardCharsets.UTF_8);
    var layer = java.util.regex.Pattern.compile("\"digest\":\"(sha256:[0-9a-f]+)\",\"size\":\\d+,\"annotations\":\\{\"raw\":\"(\\d+)\"").matcher(manifest);
    List<Future<Boolean>> streams = new ArrayList<>();
    try (ExecutorService pool = Executors.newFixedThreadPool(STREAMS);
        RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw");
        FileChannel out = FileChannel.open(disk, StandardOpenOption.WRITE)) {
      long at = 0;
      while (layer.find()) {
        String digest = layer.group(1);
        long from = at;
        at += Long.parseLong(layer.group(2));
        file.setLength(at);
        streams.add(pool.submit(() -> decode(digest, from, out)));
      }
      for (Future<Boolean> stream : streams) {
        stream.get();
      }
    }
  }

  private boolean decode(String digest, long from, FileChannel out) throws Exception {
    LZ4SafeDecompressor lz4 = LZ4Factory.fastestInstance().safeDecompressor();
    HttpRequest get = HttpRequest.newBuilder(URI.create(base + "/blobs/" + digest)).build();
    byte[] packed = new byte[BLOCK * 2];
    ByteBuffer piece = ByteBuffer.allocate(4 << 20);
    long at = from;
    try (InputStream body = HTTP.send(get, BodyHandlers.ofInputStream()).body();
        DataInputStream in = new DataInputStream(new BufferedInputStream(body, 1 << 20))) {
      while (true) {
        int magic = in.readInt();
        boolean end = magic == 0x62763424;
        if (!end) {
          int raw = Integer.reverseBytes(in.readInt());
          int size = magic == 0x62763431 ? Integer.reverseBytes(in.readInt()) : raw;
          in.readFully(packed, 0, size);
          if (magic == 0x62763431) {
            lz4.decompress(packed, 0, size, piece.array(), piece.position(), raw);
          } else {
            System.arraycopy(packed, 0, piece.array(), piece.position(), raw);
          }
          piece.position(piece.position() + raw);
        }
        if (end || !piece.hasRemaining()) {
          piece.flip();
          int n = piece.remaining();
          if (!zero(piece)) {
            long position = at;
            while (piece.hasRemaining()) {
              position += out.write(piece, position);
            }
          }
          at += n;
          piece.clear();
          if (end) {
            return true;
          }
        }
      }
    }
  }

  private static boolean zero(ByteBuffer piece) {
    for (int i = 0; i < piece.limit(); i++) {
      if (piece.get(i) != 0) {
        return false;
      }
    }
    return true;
  }

  private static byte[] compress(byte[] raw) {
    LZ4Compressor lz4 = LZ4Factory.fastestInstance().fastCompressor();
    ByteArrayOutputStream out = new ByteArrayOutputStream(raw.length / 2);
    byte[] packed = new byte[lz4.maxCompressedLength(BLOCK)];
    for (int at = 0; at < raw.length; at += BLOCK) {
      int n = Math.min(BLOCK, raw.length - at);
      int size = lz4.compress(raw, at, n, packed, 0);
      boolean stored = size >= n;
      ByteBuffer head = ByteBuffer.allocate(stored ? 8 : 12).order(ByteOrder.LITTLE_ENDIAN);
      head.put((stored ? "bv4-" : "bv41").getBytes(StandardCharsets.US_ASCII)).putInt(n);
      if (!stored) {
        head.putInt(size);
      }
      out.writeBytes(head.array());
      out.write(stored ? raw : packed, stored ? at : 0, stored ? n : size);
    }
    out.writeBytes("bv4$".getBytes(StandardCharsets.US_ASCII));
    return out.toByteArray();
  }

  private static String digest(byte[] bytes) throws Exception {
    return "sha256:" + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private static HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
    return HTTP.send(request.build(), BodyHandlers.ofByteArray());
  }

  private static void expect(int status, HttpResponse<byte[]> answer) {
    if (answer.statusCode() != status) {
      throw new IllegalStateException(answer.uri() + ": " + answer.statusCode());
    }
  }
}
