package dev.bakehouse.config;

import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/// YAML 1.2 files as [Section]s.
public final class Yaml {
  private Yaml() {}

  /// @throws UserError when the file can not be read or is not YAML
  public static Section read(Path file) {
    try {
      return parse(file.toString(), Files.readString(file));
    } catch (IOException e) {
      throw new UserError(
          "Could not read the configuration " + file + ": " + Reason.of(e),
          "Check its path and mode.",
          e);
    }
  }

  /// @param name what errors call the text, for example a file name
  public static Section parse(String name, String text) {
    try {
      LoadSettings settings =
          LoadSettings.builder()
              .setLabel(name)
              .setSchema(new CoreSchema())
              .setAllowDuplicateKeys(true)
              .build();
      return new Section(name, "", new Compose(settings).composeString(text).orElse(null));
    } catch (MarkedYamlEngineException e) {
      String where = e.getProblemMark().map(m -> name + ":" + (m.getLine() + 1)).orElse(name);
      throw new ConfigError(where, e.getProblem(), "Correct the YAML there.");
    } catch (YamlEngineException e) {
      throw new ConfigError(name, String.valueOf(e.getMessage()), "Correct the YAML.");
    } catch (StackOverflowError e) {
      throw new ConfigError(name, "nests too deeply", "Correct the YAML.");
    }
  }
}
