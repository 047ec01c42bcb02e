package dev.bakehouse.pipeline;

import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.ParserException;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/// Refuses what is nested so deep that composing it would use up the stack.
final class ShallowParser extends ParserImpl {
  static final int DEEPEST = 100;

  private int depth;

  ShallowParser(LoadSettings settings, String text) {
    super(settings, new StreamReader(settings, text));
  }

  @Override
  public Event next() {
    Event event = super.next();
    switch (event.getEventId()) {
      case MappingStart, SequenceStart -> depth++;
      case MappingEnd, SequenceEnd -> depth--;
      default -> {}
    }
    if (depth > DEEPEST) {
      throw new ParserException("nested more than " + DEEPEST + " deep", event.getStartMark());
    }
    return event;
  }
}
