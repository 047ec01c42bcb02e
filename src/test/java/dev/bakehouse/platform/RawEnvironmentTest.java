package dev.bakehouse.platform;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RawEnvironmentTest {
  /// Prints the raw value of one variable in hexadecimal; a child JVM runs it.
  static final class Show {
    public static void main(String[] args) {
      byte[] value = RawEnvironment.bytes(String.valueOf(RawEnvironment.read().get(args[0])));
      System.out.println(java.util.HexFormat.of().formatHex(value));
    }
  }

  @Test
  void everyByteAVariableMayHoldIsRead() {
    StringBuilder octal = new StringBuilder();
    StringBuilder hex = new StringBuilder();
    for (int b = 1; b < 256; b++) {
      octal.append(String.format("\\%03o", b));
      hex.append(String.format("%02x", b));
    }
    // A shell sets the bytes: this JVM could not put them into a child's environment itself.
    String script = "V=\"$(printf '" + octal + "x')\"; V=\"${V%x}\"; export V; exec \"$0\" \"$@\"";
    String shown =
        Command.of("bash", "-c", script)
            .and(
                System.getProperty("java.home") + "/bin/java", "--enable-native-access=ALL-UNNAMED")
            .and("-cp", System.getProperty("java.class.path"), Show.class.getName(), "V")
            .check()
            .text();
    assertThat(shown).isEqualTo(hex.toString());
  }
}
