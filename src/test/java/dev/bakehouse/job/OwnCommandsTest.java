package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import java.util.List;
import org.junit.jupiter.api.Test;

class OwnCommandsTest {
  @Test
  void aGuestWithoutTheCallGetsCodeAndLongArgumentsAsInput() {
    String code = "print join '|', map { length } @ARGV, <STDIN>; print ' ', substr $ARGV[1], -3";
    Outcome said = run(code, List.of("", "x".repeat(500_000) + "ü$", "a\nb"));
    assertThat(said.text()).isEqualTo("0|500003|3 ü$");
    assertThat(run("die \"no\\n\"", List.of()).complaint()).isEqualTo("no");
  }

  private static Outcome run(String code, List<String> args) {
    return Command.of("perl", "-e", OwnCommands.OF_INPUT)
        .input(OwnCommands.input(code, args))
        .run();
  }
}
