//! Removes comments and needless white space from JavaScript. Strings, templates and regular
//! expressions stay as they are; one line end is kept where there was one, so that automatic
//! semicolons still work.

/// `out` is as long as `source`; gives how much of it was used.
pub fn minify(source: []const u8, out: []u8) usize {
    var m: Minifier = .{ .source = source, .out = out };
    while (m.at < source.len) m.step();
    return m.used;
}

const Minifier = struct {
    source: []const u8,
    out: []u8,
    at: usize = 0,
    used: usize = 0,

    fn step(m: *Minifier) void {
        const c = m.source[m.at];
        switch (c) {
            ' ', '\t', '\r', '\n' => m.space(),
            '"', '\'', '`' => m.quoted(c),
            '/' => if (m.peek(1) == '/' or m.peek(1) == '*')
                m.space()
            else if (m.valueMayStart())
                m.quoted('/')
            else
                m.keep(),
            else => m.keep(),
        }
    }

    fn peek(m: *const Minifier, ahead: usize) u8 {
        return if (m.at + ahead < m.source.len) m.source[m.at + ahead] else 0;
    }

    fn last(m: *const Minifier) u8 {
        return if (m.used == 0) '\n' else m.out[m.used - 1];
    }

    fn keep(m: *Minifier) void {
        m.put(m.source[m.at]);
        m.at += 1;
    }

    fn put(m: *Minifier, c: u8) void {
        m.out[m.used] = c;
        m.used += 1;
    }

    /// A run of white space and comments becomes a line end, a blank or nothing.
    fn space(m: *Minifier) void {
        var line = false;
        while (m.at < m.source.len) {
            switch (m.source[m.at]) {
                '\n' => line = true,
                ' ', '\t', '\r' => {},
                '/' => {
                    if (m.peek(1) == '/') {
                        while (m.at < m.source.len and m.source[m.at] != '\n') m.at += 1;
                        continue;
                    }
                    if (m.peek(1) != '*') break;
                    m.at += 2;
                    while (m.at < m.source.len and !(m.source[m.at] == '*' and m.peek(1) == '/')) {
                        line = line or m.source[m.at] == '\n';
                        m.at += 1;
                    }
                    m.at += 1;
                },
                else => break,
            }
            m.at += 1;
        }
        const next = m.peek(0);
        if (line) {
            if (m.last() != '\n' and m.last() != '{' and m.last() != ';') m.put('\n');
        } else if (word(m.last()) and word(next) or m.last() == next and (next == '+' or next == '-')) {
            m.put(' ');
        }
    }

    fn quoted(m: *Minifier, end: u8) void {
        m.keep();
        while (m.at < m.source.len) {
            const c = m.source[m.at];
            m.keep();
            if (c == end) return;
            if (c == '\n' and end != '`') return;
            if (c == '\\' and m.at < m.source.len) m.keep();
        }
    }

    /// A slash here begins a regular expression, not a division.
    fn valueMayStart(m: *const Minifier) bool {
        return switch (m.last()) {
            '(', ',', '=', ':', '[', '!', '&', '|', '?', '{', '}', ';', '\n' => true,
            else => false,
        };
    }
};

fn word(c: u8) bool {
    return switch (c) {
        'a'...'z', 'A'...'Z', '0'...'9', '_', '$', '"', '\'' => true,
        else => c >= 0x80,
    };
}
