package dev.bakehouse.rollout;

import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Log;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.platform.UserError;
import java.util.LinkedHashMap;
import java.util.Map;

/// Brings the images of the document's list to a host ahead of demand, as far as its store's budget
/// allows, and notes which are here. What can not be had now is asked for again the next time.
public final class Distribution {
  private final StateFile file;
  private final Shelf shelf;
  private final Log log;

  public Distribution(StateFile file, ImageStore store, Repositories repositories, Log log) {
    this.file = file;
    this.shelf = new Shelf(store, repositories, log);
    this.log = log;
  }

  /// Goes through the list of the document that was accepted last.
  public void run() {
    Map<String, String> had = file.load().distributed();
    Map<String, String> all = new LinkedHashMap<>();
    file.load()
        .prefetch()
        .forEach(
            (name, reference) -> {
              all.put(name, bring(reference));
              if (!all.get(name).equals(had.get(name))) {
                log.say("distribute: " + name + ": " + all.get(name));
              }
            });
    if (!all.equals(had)) {
      HostState _ = file.change(state -> state.having(all));
    }
  }

  private String bring(String reference) {
    try {
      LocalImage _ = shelf.bring(Reference.parse(reference));
      return "here";
    } catch (UserError e) {
      return e.getMessage() + " " + e.remedy();
    }
  }
}
