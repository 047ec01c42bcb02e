package dev.bakehouse.config;

import java.util.LinkedHashMap;
import java.util.Map;

/// The networks of the office, `network.vlans`: name and network of each.
public record Vlans(Map<String, Subnet> all) {
  private static final Map<String, String> DEFAULTS =
      Map.of("build", "10.0.1.0/24", "management", "10.0.2.0/24", "storage", "10.0.3.0/24");

  public Vlans {
    all = Map.copyOf(all);
  }

  /// @param network the section `network`
  public static Vlans read(Section network) {
    Section section = network.section("vlans");
    Map<String, String> texts = new LinkedHashMap<>(DEFAULTS);
    texts.putAll(network.map("vlans"));
    Map<String, Subnet> all = new LinkedHashMap<>();
    texts.forEach(
        (name, text) ->
            all.put(
                name,
                Subnet.parse(text)
                    .orElseThrow(
                        () ->
                            section.error(
                                name,
                                "is not a network: " + text,
                                "Write it like `10.0.1.0/24`."))));
    network.close();
    return new Vlans(all);
  }

  /// A guest that shares addresses with one of these could not reach it.
  ///
  /// @param vm the section the guests' network stands in
  public void insistApart(Subnet guests, Section vm) {
    all.forEach(
        (name, vlan) -> {
          if (vlan.overlaps(guests)) {
            throw vm.error(
                "subnet",
                "overlaps: the guests' network " + guests + " and the VLAN " + name + ", " + vlan,
                "Choose another /24 for `vm.subnet`, such as 192.168.127.0/24.");
          }
        });
  }
}
