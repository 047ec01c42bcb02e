import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.constant.ClassDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// `java NewerClasses.java JAR…`: rewrites the classes of jars that are in a format before Java 6 to that of Java 8, in place.
/// The JVM keeps no older ones in its start-up cache: it would read and verify picocli at every start, for 0.1 s of CPU.
class NewerClasses {
  private static final ClassTransform NEWER =
      ClassTransform.transformingMethodBodies((code, element) -> code.with(element))
          .andThen(
              (builder, element) -> {
                if (element instanceof ClassFileVersion) {
                  builder.withVersion(ClassFile.JAVA_8_VERSION, 0);
                } else {
                  builder.with(element);
                }
              });

  public static void main(String[] args) throws IOException {
    for (String name : args) {
      Path jar = Path.of(name);
      Path fresh = Path.of(name + ".new");
      try (JarFile in = new JarFile(jar.toFile());
          ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(fresh))) {
        rewrite(in, out);
      }
      Files.move(fresh, jar, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static void rewrite(JarFile in, ZipOutputStream out) throws IOException {
    ClassHierarchyResolver classes =
        ClassHierarchyResolver.ofResourceParsing(name -> open(in, name)).orElse(ClassHierarchyResolver.defaultResolver());
    ClassFile format = ClassFile.of(StackMapsOption.GENERATE_STACK_MAPS, ClassHierarchyResolverOption.of(classes));
    for (ZipEntry entry : Collections.list(in.entries())) {
      byte[] bytes = in.getInputStream(entry).readAllBytes();
      if (entry.getName().endsWith(".class")) {
        ClassModel old = format.parse(bytes);
        bytes = old.majorVersion() < ClassFile.JAVA_6_VERSION ? format.transformClass(old, NEWER) : bytes;
      }
      ZipEntry same = new ZipEntry(entry.getName());
      same.setTime(entry.getTime());
      out.putNextEntry(same);
      out.write(bytes);
      out.closeEntry();
    }
  }

  private static InputStream open(JarFile in, ClassDesc type) {
    String name = type.descriptorString();
    ZipEntry entry = in.getEntry(name.substring(1, name.length() - 1) + ".class");
    try {
      return entry == null ? null : in.getInputStream(entry);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
