// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/workshop.hpp"

#include "base/interrupt.hpp"
#include "fake_source.hpp"
#include "kernel/cache.hpp"
#include "running.hpp"

#include <gmock/gmock.h>

#include <utility>

namespace assay::kernel {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view other_answer =
    "--- a/mm/memory.c\n+++ b/mm/memory.c\n@@ -1,3 +1,3 @@\n int memory(void) {\n-  return 2;\n+  return "
    "3;\n }\n";
constexpr std::string_view other_slub =
    "--- a/mm/slub.c\n+++ b/mm/slub.c\n@@ -1 +1 @@\n-int slub;\n+int slob;\n";
constexpr std::string_view both_answers =
    "--- a/mm/memory.c\n+++ b/mm/memory.c\n@@ -1,3 +1,3 @@\n int memory(void) {\n-  return 2;\n+  return "
    "4;\n }\n"
    "--- a/mm/slub.c\n+++ b/mm/slub.c\n@@ -1 +1 @@\n-int slub;\n+int sleb;\n";
constexpr std::string_view not_c =
    "--- a/mm/memory.c\n+++ b/mm/memory.c\n@@ -1,3 +1,3 @@\n int memory(void) {\n-  return 2;\n+#error no "
    "moon\n }\n";
constexpr std::string_view does_not_fit =
    "--- a/mm/memory.c\n+++ b/mm/memory.c\n@@ -1,3 +1,3 @@\n int memory(void) {\n-  return 1;\n+  return "
    "3;\n }\n";

/// Workshops of the variant `changed`, whose answer is 2.
class Workshops : public testing::Test {
 protected:
  Result<std::unique_ptr<Workshop>> open(std::string name = "one", std::string_view variant = "changed") {
    return run_on(io_, Workshop::open(source_.variant(variant), source_.options(), std::move(name),
                                      [](const BuildProgress&) {}));
  }

  [[nodiscard]] Variant with(std::string_view patch, std::string_view variant = "changed") const {
    auto changed = source_.variant(variant);
    if (changed.is_root) {
      changed.base = changed.root = changed.name;
      changed.root_patches = changed.patches.size();
      changed.root_fragments = changed.fragments.size();
      changed.is_root = false;
    }
    changed.name = "one change";
    changed.patches.push_back({"change.patch", std::string(patch), "", false, {}});
    return changed;
  }

  Result<Kernel> build(Workshop& workshop, std::string_view patch) {
    return run_on(io_, workshop.build(with(patch)));
  }

  /// The code of the kernel.
  std::string built(Workshop& workshop, std::string_view patch) {
    const auto kernel = build(workshop, patch);
    EXPECT_TRUE(kernel) << kernel.error().text();
    const auto text = kernel ? read_file(kernel->vmlinux) : Result<std::string>("");
    return text ? *text : "";
  }

  /// Trees of the cache.
  [[nodiscard]] std::vector<std::string> trees() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(source_.root() / "cache/work")) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  asio::io_context io_;
  FakeSource source_;
};

TEST_F(Workshops, TakeEachChangeBackBeforeTheNext) {
  auto workshop = open();
  ASSERT_TRUE(workshop) << workshop.error().text();
  EXPECT_EQ(built(**workshop, other_answer), "int memory(void) {\n  return 3;\n}\nint slub;\n");
  EXPECT_EQ(built(**workshop, other_slub), "int memory(void) {\n  return 2;\n}\nint slob;\n");
  EXPECT_EQ(built(**workshop, both_answers), "int memory(void) {\n  return 4;\n}\nint sleb;\n");
  EXPECT_EQ(built(**workshop, other_slub), "int memory(void) {\n  return 2;\n}\nint slob;\n");
}

TEST_F(Workshops, CompileNothingButWhatChanges) {
  auto workshop = open();
  ASSERT_TRUE(workshop);
  auto before = source_.compiled().size();
  const auto since = [&] {
    const auto all = source_.compiled();
    std::vector<std::string> objects(
        all.begin() + static_cast<std::ptrdiff_t>(std::exchange(before, all.size())), all.end());
    return objects;
  };
  static_cast<void>(built(**workshop, other_answer));
  EXPECT_THAT(since(), ElementsAre("mm/memory.o"));
  static_cast<void>(built(**workshop, other_slub));
  EXPECT_THAT(since(), ElementsAre("mm/memory.o", "mm/slub.o")) << "the first one is the variant's again";
  static_cast<void>(built(**workshop, other_slub));
  EXPECT_THAT(since(), IsEmpty()) << "it is in the cache";
}

TEST_F(Workshops, GiveTheKernelThatABuildGives) {
  auto workshop = open();
  ASSERT_TRUE(workshop);
  const auto here = build(**workshop, other_answer);
  ASSERT_TRUE(here) << here.error().text();
  const auto image = read_file(here->image);
  source_.write("images/kernels/other.patch", other_answer);
  source_.write("images/kernels/other.toml", "extends = \"changed\"\nseries = \"other.patch\"\n");
  const auto there = source_.build("other");
  ASSERT_TRUE(there) << there.error().text();
  EXPECT_EQ(*read_file(there->image), *image);
}

TEST_F(Workshops, GoOnAfterAChangeThatDoesNotCompile) {
  auto workshop = open();
  ASSERT_TRUE(workshop);
  const auto broken = build(**workshop, not_c);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().kind(), Failure::build);
  EXPECT_THAT(broken.error().text(), AllOf(HasSubstr("cannot build one change: "), HasSubstr("#error")));
  EXPECT_EQ(built(**workshop, other_slub), "int memory(void) {\n  return 2;\n}\nint slob;\n");
  EXPECT_EQ(built(**workshop, other_answer), "int memory(void) {\n  return 3;\n}\nint slub;\n");
}

TEST_F(Workshops, GoOnAfterAPatchThatDoesNotFit) {
  auto workshop = open();
  ASSERT_TRUE(workshop);
  const auto refused = build(**workshop, does_not_fit);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("mm/memory.c: hunk at line 3 of the patch does not fit"));
  EXPECT_EQ(built(**workshop, other_answer), "int memory(void) {\n  return 3;\n}\nint slub;\n");
}

TEST_F(Workshops, OfOneVariantDoNotMeet) {
  auto first = open("one");
  auto second = open("two");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(built(**first, other_answer), "int memory(void) {\n  return 3;\n}\nint slub;\n");
  EXPECT_EQ(built(**second, other_slub), "int memory(void) {\n  return 2;\n}\nint slob;\n");
  EXPECT_EQ(trees().size(), 3U) << "and that of the base";
}

TEST_F(Workshops, OfAVariantThatExtendsNothing) {
  auto workshop = open("one", "base");
  ASSERT_TRUE(workshop) << workshop.error().text();
  const auto kernel = run_on(io_, (**workshop).build(with(does_not_fit, "base")));
  ASSERT_TRUE(kernel) << kernel.error().text();
  EXPECT_EQ(*read_file(kernel->vmlinux), "int memory(void) {\n  return 3;\n}\nint slub;\n");
  EXPECT_TRUE(source_.find("base")) << "its own kernel was made on the way";
}

TEST_F(Workshops, LeaveNoTreeAndNoLog) {
  ASSERT_TRUE(source_.build("changed"));
  const auto before = trees();
  {
    auto workshop = open();
    ASSERT_TRUE(workshop);
    EXPECT_EQ(trees().size(), before.size() + 1);
    static_cast<void>(build(**workshop, not_c));
  }
  EXPECT_EQ(trees(), before);
  EXPECT_TRUE(fs::is_empty(source_.root() / "cache/logs"));
}

TEST_F(Workshops, RemoveTheirTreeWhileOthersGoOn) {
  ASSERT_TRUE(source_.build("changed"));
  const auto before = trees();
  auto first = open("one");
  auto second = open("two");
  ASSERT_TRUE(first && second);
  asio::steady_timer timer(io_);
  bool ticked = false;
  timer.expires_after(Duration::zero());
  timer.async_wait([&](auto) { ticked = true; });
  const auto removal = [](Workshop& one) -> Task<bool> {
    co_await one.remove();
    co_return true;
  };
  EXPECT_TRUE(run_on(io_, removal(**first)));
  EXPECT_TRUE(ticked) << "signals are heard meanwhile";
  EXPECT_EQ(trees().size(), before.size() + 1);
  EXPECT_EQ(built(**second, other_slub), "int memory(void) {\n  return 2;\n}\nint slob;\n");
}

TEST_F(Workshops, BeginAnewWhereOneWasKilled) {
  std::string tree;
  {
    auto workshop = open();
    ASSERT_TRUE(workshop);
    for (const auto& name : trees()) {
      tree = name.ends_with(".one") ? name : tree;
    }
  }
  source_.write("cache/work/" + tree + "/tree/mm/memory.c", "rubbish\n");
  auto workshop = open();
  ASSERT_TRUE(workshop) << workshop.error().text();
  EXPECT_EQ(built(**workshop, other_slub), "int memory(void) {\n  return 2;\n}\nint slob;\n");
}

/// The build, until the interrupt.
Task<Result<Kernel>> until_interrupted(Workshop& workshop, Variant changed, Interrupt& interrupt) {
  using namespace asio::experimental::awaitable_operators;
  auto first = co_await (workshop.build(std::move(changed)) || interrupt.wait());
  if (first.index() == 1) {
    co_return fail(Failure::interrupted, "interrupted");
  }
  co_return std::get<0>(std::move(first));
}

TEST_F(Workshops, AreCancelledAndGoOn) {
  Interrupt interrupt;
  bool compiling = false;
  auto opened = run_on(io_, Workshop::open(source_.variant("changed"), source_.options(), "one",
                                           [&](const BuildProgress& step) {
                                             if (compiling && step.step == "compiling mm/memory.o") {
                                               interrupt.request();
                                             }
                                           }));
  ASSERT_TRUE(opened) << opened.error().text();
  source_.write("slow", "");
  compiling = true;
  const auto cut = run_on(io_, until_interrupted(**opened, with(other_answer), interrupt));
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().kind(), Failure::interrupted);
  compiling = false;
  fs::remove(source_.root() / "slow");
  EXPECT_EQ(built(**opened, other_slub), "int memory(void) {\n  return 2;\n}\nint slob;\n");
  EXPECT_EQ(built(**opened, other_answer), "int memory(void) {\n  return 3;\n}\nint slub;\n");
}

}  // namespace
}  // namespace assay::kernel
