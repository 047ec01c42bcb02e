package dev.bakehouse.tests;

import dev.bakehouse.platform.ProgramFiles;
import java.util.ArrayList;
import java.util.List;

/// `bakehouse-shard`, the program that divides and runs tests where they lie, and the variables it
/// is told by. It alone reads what test runners write: the host gets its notes.
public final class ShardTool {
  /// Globs of result files, one a line; a step that has it gets the program.
  public static final String RESULTS = "BAKEHOUSE_TEST_RESULTS";

  /// How often what failed is run again, 0 to 9.
  public static final String RETRIES = "BAKEHOUSE_TEST_RETRIES";

  /// Tests that may fail, one a line.
  public static final String QUARANTINE = "BAKEHOUSE_TEST_QUARANTINE";

  /// The file of measured times.
  public static final String TIMES = "BAKEHOUSE_TEST_TIMES";

  /// The file into which the program notes how its tests ended.
  public static final String NOTES = "BAKEHOUSE_TEST_NOTES";

  /// Perl that puts it into a directory with `test-times`. Its arguments are the directory, the
  /// times and [#source].
  public static final String INSTALL =
      """
      my ($dir, $times, $source) = @ARGV;
      -d $dir or mkdir $dir or die "can not make $dir: $!\\n";
      for (['test-times', $times, 0644], ['bakehouse-shard', $source, 0755]) {
          my ($file, $text, $mode) = ("$dir/$_->[0]", @$_[1, 2]);
          open my $out, '>:raw', $file or die "can not write $file: $!\\n";
          print $out $text and close $out or die "can not write $file: $!\\n";
          chmod $mode, $file or die "can not change $file: $!\\n";
      }
      """;

  private ShardTool() {}

  /// Its source, in perl.
  public static String source() {
    return ProgramFiles.text(ShardTool.class, "results.pl")
        + ProgramFiles.text(ShardTool.class, "shard.pl");
  }

  /// Prints what [TestNotes] reads.
  ///
  /// @param status of the command that ran the tests
  /// @param notes the file of [#NOTES], which need not be there
  /// @param globs as [#RESULTS] has them
  public static List<String> results(int status, String checkout, String notes, String globs) {
    List<String> argv =
        new ArrayList<>(List.of("perl", "-e", source(), "results", "" + status, checkout, notes));
    globs.lines().map(String::strip).filter(glob -> !glob.isEmpty()).forEach(argv::add);
    return argv;
  }
}
