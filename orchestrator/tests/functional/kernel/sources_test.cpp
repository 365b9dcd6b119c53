// SPDX-License-Identifier: GPL-2.0-or-later
// Where a source may come from, what a series may be, and what is kept of both.
#include "fake_source.hpp"
#include "kernel/variant_load.hpp"

#include <sys/mount.h>

#include <algorithm>

namespace assay::kernel {
namespace {

std::string content(const fs::path& path) {
  auto text = read_file(path);
  EXPECT_TRUE(text) << path;
  return text ? *text : "";
}

void shell(const std::string& script) { EXPECT_EQ(std::system(script.c_str()), 0) << script; }

std::string source_toml(std::string_view source) {
  return fmt::format("fragments = [\"base.config\"]\n[source]\n{}\n", source);
}

class SourcesTest : public testing::Test {
 protected:
  std::string tree() const { return (source_.root() / "linux-source-fake").string(); }

  /// The kernel that a source of `toml` gives.
  Result<Kernel> build(std::string_view toml) const {
    source_.write("images/kernels/own.toml", toml);
    return source_.build("own");
  }
  std::string image(std::string_view toml) const {
    const auto kernel = build(toml);
    EXPECT_TRUE(kernel) << kernel.error().text();
    return kernel ? content(kernel->image) : "";
  }
  std::string error_of(std::string_view toml) const {
    const auto kernel = build(toml);
    EXPECT_FALSE(kernel);
    return kernel ? "no error" : kernel.error().text();
  }
  void make_repository() const {
    shell("cd " + tree() +
          " && git init -q -b main . && git config user.email a@b && git config user.name a && git add -A && "
          "git "
          "commit -q -m one && git tag v1 && sed -i 's/return 1/return 3/' mm/memory.c && git commit -q -a "
          "-m two");
  }

  FakeSource source_;
};

TEST_F(SourcesTest, ADirectoryIsTakenAsItStandsAndNeverWrittenTo) {
  source_.write("linux-source-fake/.gitignore", "*.o\n.*\n");
  source_.write("linux-source-fake/mm/memory.o", "of another build");
  source_.write("linux-source-fake/mm/new.c", "int fresh;\n");
  shell("chmod -R a-w " + tree());
  const auto toml = source_toml("directory = \"../../linux-source-fake\"");
  EXPECT_NE(image(toml).find("return 1"), std::string::npos);
  EXPECT_EQ(content(fs::path(tree()) / "mm/memory.o"), "of another build");
  EXPECT_FALSE(fs::exists(fs::path(tree()) / ".git"));
  const auto first = build(toml);
  shell("chmod -R u+w " + tree());
  ASSERT_TRUE(first);

  source_.write("linux-source-fake/mm/memory.o", "of yet another build");
  EXPECT_EQ(build(toml)->id, first->id) << "what a build makes is no source";
  source_.write("linux-source-fake/mm/memory.c", "int memory(void) {\n  return 5;\n}\n");
  EXPECT_NE(image(toml).find("return 5"), std::string::npos);
  EXPECT_NE(build(toml)->id, first->id);
}

TEST_F(SourcesTest, EqualDirectoriesAreEqualSources) {
  shell("cp -a " + tree() + " " + (source_.root() / "copy").string());
  EXPECT_EQ(build(source_toml("directory = \"../../linux-source-fake\""))->id,
            build(source_toml("directory = \"../../copy\""))->id);
}

TEST_F(SourcesTest, AGitRepositoryGivesTheTreeOfItsRevision) {
  make_repository();
  source_.write("linux-source-fake/mm/memory.c", "not committed");
  const auto old_one = build(source_toml("git = \"../../linux-source-fake\"\nrevision = \"v1\""));
  ASSERT_TRUE(old_one) << old_one.error().text();
  EXPECT_NE(content(old_one->image).find("return 1"), std::string::npos);
  EXPECT_NE(content(old_one->provenance).find("\"revision\": \"v1\""), std::string::npos);
  EXPECT_NE(image(source_toml("git = \"../../linux-source-fake\"\nrevision = \"HEAD\"")).find("return 3"),
            std::string::npos);
  EXPECT_EQ(build(source_toml("git = \"../../linux-source-fake\"\nrevision = \"main~1\""))->id, old_one->id);
  EXPECT_NE(error_of(source_toml("git = \"../../linux-source-fake\"\nrevision = \"v9\""))
                .find("cannot find the source of own: there is no revision \"v9\" in "),
            std::string::npos);
  EXPECT_NE(error_of(source_toml("git = \"../../images\"\nrevision = \"v9\"")).find("is no git repository"),
            std::string::npos);
}

TEST_F(SourcesTest, AUrlIsFetched) {
  make_repository();
  const auto url = "git = \"file://" + tree() + "\"\nrevision = \"v1\"";
  EXPECT_NE(image(source_toml(url)).find("return 1"), std::string::npos);
  shell("rm -rf " + tree() + "/.git");
  EXPECT_TRUE(build(source_toml(url))) << "what was fetched stays";
}

TEST_F(SourcesTest, ABranchIsAskedForEachTime) {
  make_repository();
  const auto url = source_toml("git = \"file://" + tree() + "\"\nrevision = \"main\"");
  EXPECT_NE(image(url).find("return 3"), std::string::npos);
  shell("cd " + tree() + " && sed -i 's/return 3/return 6/' mm/memory.c && git commit -q -a -m three");
  EXPECT_NE(image(url).find("return 6"), std::string::npos);
  EXPECT_NE(error_of(source_toml("git = \"file://" + tree() + "\"\nrevision = \"gone\""))
                .find("cannot fetch gone of"),
            std::string::npos);
}

TEST_F(SourcesTest, TheEnvironmentOfAGitHookLeadsNowhereElse) {
  make_repository();
  ::setenv("GIT_DIR", "/nowhere", 1);
  ::setenv("GIT_INDEX_FILE", "/nowhere/index", 1);
  const auto of_git = build(source_toml("git = \"../../linux-source-fake\"\nrevision = \"v1\""));
  const auto of_directory = build(source_toml("directory = \"../../linux-source-fake\""));
  ::unsetenv("GIT_DIR");
  ::unsetenv("GIT_INDEX_FILE");
  EXPECT_TRUE(of_git) << of_git.error().text();
  EXPECT_TRUE(of_directory) << of_directory.error().text();
}

TEST_F(SourcesTest, AGitignoreThatIgnoresAllDoesNotCount) {
  source_.write("linux-source-fake/.gitignore", "/*\n!/debian/\n");
  source_.write("linux-source-fake/mm/memory.o", "of another build");
  const auto toml = source_toml("directory = \"../../linux-source-fake\"");
  const auto first = build(toml);
  ASSERT_TRUE(first) << first.error().text();
  source_.write("linux-source-fake/mm/memory.o", "of yet another build");
  EXPECT_EQ(build(toml)->id, first->id);
  fs::remove(fs::path(tree()) / "mm/Kconfig");
  EXPECT_NE(build(toml)->id, first->id) << "a file that went is a change";
}

TEST_F(SourcesTest, ATarballIsASource) {
  shell("cd " + source_.root().string() + " && tar -czf own.tar.gz linux-source-fake");
  EXPECT_NE(image(source_toml("tarball = \"../../own.tar.gz\"")).find("return 1"), std::string::npos);
  EXPECT_NE(error_of(source_toml("tarball = \"../../gone.tar.gz\""))
                .find("cannot find the source of own: there is no"),
            std::string::npos);
  source_.write("own.tar.gz", "rubbish");
  EXPECT_NE(error_of(source_toml("tarball = \"../../own.tar.gz\"")).find("cannot unpack"), std::string::npos);
}

TEST_F(SourcesTest, APrebuiltKernelIsTakenAsItIs) {
  source_.write("Image", "...Linux version 6.1.0-18-amd64 (debian)...");
  source_.write("modules/virtio.ko", "module");
  const std::string toml = "[source]\nprebuilt = \"../../Image\"\nmodules = \"../../modules\"\n";
  const auto kernel = build(toml);
  ASSERT_TRUE(kernel) << kernel.error().text();
  EXPECT_EQ(kernel->release, "6.1.0-18-amd64");
  EXPECT_EQ(content(kernel->image), "...Linux version 6.1.0-18-amd64 (debian)...");
  EXPECT_EQ(fs::canonical(kernel->modules), fs::canonical(source_.root() / "modules"));
  EXPECT_TRUE(kernel->vmlinux.empty());
  EXPECT_TRUE(source_.compiled().empty());
  source_.write("modules/virtio.ko", "another module");
  EXPECT_NE(build(toml)->id, kernel->id);
  source_.write("Image", "no kernel");
  EXPECT_NE(error_of(toml).find("is no kernel: neither a bzImage nor an uncompressed vmlinux"),
            std::string::npos);
  source_.write("images/kernels/child.toml", "extends = \"own\"\n");
  EXPECT_NE(load_variant(source_.root() / "images", "child", Arch::x86_64)
                .error()
                .text()
                .find("own is a prebuilt kernel, and nothing can be added to it"),
            std::string::npos);
}

TEST_F(SourcesTest, AnMboxIsASeries) {
  const auto patch = content(source_.root() / "images/kernels/change/memory.patch");
  source_.write("images/kernels/x.mbox", "From a@b Thu Jan  1 00:00:00 1970\nSubject: [PATCH 1/1] mm: x\n\n" +
                                             patch.substr(patch.find("---")));
  EXPECT_NE(image("extends = \"base\"\nseries = \"x.mbox\"\n").find("return 2"), std::string::npos);
}

TEST_F(SourcesTest, APatchCanBeTakenBack) {
  const auto forth = "extends = \"base\"\nseries = [\"change/memory.patch\", \"change/back.patch\"]\n";
  source_.write("images/kernels/change/back.patch",
                "--- a/mm/memory.c\n+++ b/mm/memory.c\n@@ -1,3 +1,3 @@\n int memory(void) {\n-  return 2;\n"
                "+  return 4;\n }\n--- /dev/null\n+++ b/mm/new.c\n@@ -0,0 +1 @@\n+int fresh;\n");
  EXPECT_NE(image(forth).find("return 4"), std::string::npos);
  source_.write("images/kernels/forth.toml", forth);
  EXPECT_NE(
      image(
          "extends = \"forth\"\nseries = [\"change/memory.patch\", \"change/back.patch\"]\nreverse = true\n")
          .find("return 1"),
      std::string::npos);
  EXPECT_NE(error_of("extends = \"base\"\nseries = \"change/memory.patch\"\nreverse = true\n")
                .find("cannot take back "),
            std::string::npos);
}

TEST_F(SourcesTest, AFlavourIsABaseOfItsOwnForAllItsVariants) {
  source_.write("images/kernels/configs/kasan.config", "CONFIG_KASAN=y\n");
  const auto kernel = source_.build("changed+kasan");
  ASSERT_TRUE(kernel) << kernel.error().text();
  EXPECT_NE(content(kernel->image).find("CONFIG_KASAN=y"), std::string::npos);
  EXPECT_NE(content(kernel->image).find("return 2"), std::string::npos);
  EXPECT_TRUE(source_.find("base+kasan"));
  EXPECT_FALSE(source_.find("base"));
  EXPECT_EQ(source_.compiled().size(), 3U);
}

TEST_F(SourcesTest, AFlippedByteIsFoundAndMended) {
  const auto kernel = source_.build("base");
  ASSERT_TRUE(kernel);
  const auto good = content(kernel->image);
  auto bad = good;
  bad[bad.size() / 2] = static_cast<char>(static_cast<unsigned char>(bad[bad.size() / 2]) ^ 1U);
  const auto time = fs::last_write_time(kernel->image);
  ASSERT_TRUE(write_file(kernel->image, bad));
  fs::last_write_time(kernel->image, time);
  EXPECT_FALSE(source_.find("base"));
  ASSERT_TRUE(source_.build("base"));
  EXPECT_EQ(content(kernel->image), good);
}

TEST_F(SourcesTest, AFullDiskSaysWhatIsNeededAndWhatCouldGo) {
  const auto cache = source_.root() / "cache";
  ASSERT_TRUE(make_directories(cache));
  if (::mount("tmpfs", cache.c_str(), "tmpfs", 0, "size=4m") != 0) {
    GTEST_SKIP() << "only root can mount a small disk";
  }
  const auto kernel = source_.build("base");
  ::umount(cache.c_str());
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.error().kind(), Failure::infrastructure);
  EXPECT_NE(kernel.error().text().find(" free, and the build needs 900 MiB; gc would free much"),
            std::string::npos)
      << kernel.error().text();
}

}  // namespace
}  // namespace assay::kernel
