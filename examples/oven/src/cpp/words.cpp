// What oven says. Nothing is included here, so that a new word or version costs next to no compiling.
namespace oven {

extern const char kVersion[] = OVEN_VERSION;
extern const char kUnknown[] = "unknown command ";
extern const char kUsage[] =
    "usage: oven bundle|graph ENTRY | minify|digest|gzip|gunzip FILE | --version\n";

}  // namespace oven
