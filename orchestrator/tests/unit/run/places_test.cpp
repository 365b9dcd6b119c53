// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/places.hpp"

#include "scratch.hpp"

#include <gtest/gtest.h>

namespace assay::run {
namespace {

/// A source tree with a build folder in it, of files that are empty.
class Checkout : public testing::Test {
 protected:
  [[nodiscard]] fs::path top(const std::string& name) const { return fs::canonical(scratch_.root()) / name; }
  [[nodiscard]] static fs::path program_in(const fs::path& top) { return top / "build/orchestrator"; }
  static void make(const fs::path& top) {
    fs::create_directories(top / "images/kernels");
    fs::create_directories(top / "build/meson-private");
    fs::create_directories(program_in(top));
    const auto places = find_places("", program_in(top));
    ASSERT_TRUE(places);
    for (const auto& part : places->parts) {
      fs::create_directories(part.path.parent_path());
      EXPECT_TRUE(write_file(part.path, ""));
    }
  }

 private:
  Scratch scratch_;
};

TEST_F(Checkout, HasAllItsPartsBelowIt) {
  make(top("one"));
  const auto places = find_whole("", program_in(top("one")));
  ASSERT_TRUE(places) << places.error().text();
  EXPECT_EQ(places->agent, top("one") / "build/guest-agent/src/assay-agent");
  EXPECT_EQ(places->plugin, top("one") / "build/orchestrator/plugin/assay-probes.so");
  EXPECT_EQ(places->agent_for(Arch::sparc64), top("one") / "build/guest-agent/src/assay-agent-sparc64");
  EXPECT_EQ(places->images, top("one") / "images");
  EXPECT_EQ(places->experiments, top("one") / "experiments");
}

TEST_F(Checkout, KeepsItsOwnResultsWhenCopiedOrMoved) {
  make(top("one"));
  fs::copy(top("one"), top("two"), fs::copy_options::recursive);
  const auto copied = find_whole("", program_in(top("two")));
  ASSERT_TRUE(copied) << copied.error().text();
  EXPECT_EQ(copied->results, top("two") / "results");
  EXPECT_EQ(copied->agent, top("two") / "build/guest-agent/src/assay-agent");
  fs::rename(top("one"), top("three"));
  const auto moved = find_whole("", program_in(top("three")));
  ASSERT_TRUE(moved) << moved.error().text();
  EXPECT_EQ(moved->results, top("three") / "results");
  EXPECT_EQ(moved->images, top("three") / "images");
}

TEST_F(Checkout, SaysWhichPartIsMissingAndHowToGetIt) {
  make(top("one"));
  const auto all = find_places("", program_in(top("one")));
  ASSERT_TRUE(all);
  ASSERT_FALSE(all->parts.empty());
  for (const auto& part : all->parts) {
    make(top("one"));
    fs::remove(part.path);
    ASSERT_TRUE(find_places("", program_in(top("one")))) << "what shows results needs no part";
    const auto places = find_whole("", program_in(top("one")));
    ASSERT_FALSE(places) << part.what;
    EXPECT_EQ(places.error().text(),
              "cannot find the " + part.what + ", " + part.path.string() +
                  ": build Assay whole with ./dev build, or install it with ./dev install");
    EXPECT_EQ(places.error().kind(), Failure::infrastructure);
  }
}

TEST_F(Checkout, IsNotNeededByAnInstalledProgram) {
  const auto prefix = top("usr");
  fs::create_directories(prefix / "share/assay/images");
  const auto places = find_places("", prefix / "bin");
  ASSERT_TRUE(places) << places.error().text();
  EXPECT_EQ(places->agent, prefix / "libexec/assay/assay-agent");
  EXPECT_EQ(places->plugin, prefix / "libexec/assay/assay-probes.so");
  EXPECT_EQ(places->images, prefix / "share/assay/images");
}

}  // namespace
}  // namespace assay::run
