package dev.bakehouse.vm.tart;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// `tart exec`: a command by the guest agent.
final class StandInExec {
  private static final int CONNECT = 3000;

  private StandInExec() {}

  static boolean answers(String address) {
    try (Socket socket = connect(address)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  private static Socket connect(String address) throws IOException {
    Socket socket = new Socket();
    socket.connect(new InetSocketAddress(address, StandInRun.AGENT_PORT), CONNECT);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(CONNECT);
    if (socket.getInputStream().read() != 'A') {
      socket.close();
      throw new IOException("no greeting");
    }
    socket.setSoTimeout(0);
    return socket;
  }

  /// @return the guest's status; 1 also when the agent can not be reached
  static int run(String address, List<String> words, boolean interactive) {
    try (Socket socket = connect(address)) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      out.writeInt(words.size());
      for (String word : words) {
        byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
      }
      out.flush();
      Thread.ofPlatform()
          .daemon()
          .start(() -> feed(interactive ? System.in : InputStream.nullInputStream(), out));
      return receive(new DataInputStream(socket.getInputStream()));
    } catch (IOException e) {
      throw new StandInError(1, "Failed to connect to the VM using its control socket: " + e);
    }
  }

  private static void feed(InputStream in, DataOutputStream out) {
    byte[] buffer = new byte[65536];
    try {
      int size;
      do {
        size = Math.max(0, in.read(buffer));
        out.writeByte(0);
        out.writeInt(size);
        out.write(buffer, 0, size);
        out.flush();
      } while (size > 0);
    } catch (IOException e) {
      // The command has ended; it needs no more input.
    }
  }

  private static int receive(DataInputStream in) throws IOException {
    OutputStream out = new FileOutputStream(FileDescriptor.out);
    OutputStream err = new FileOutputStream(FileDescriptor.err);
    while (true) {
      int kind = in.readByte();
      byte[] bytes = in.readNBytes(in.readInt());
      switch (kind) {
        case 1 -> out.write(bytes);
        case 2 -> err.write(bytes);
        default -> {
          return bytes[3] & 0xff;
        }
      }
    }
  }
}
