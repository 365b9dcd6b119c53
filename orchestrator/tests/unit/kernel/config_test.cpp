// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/config.hpp"

#include "scratch.hpp"

namespace assay::kernel {
namespace {

TEST(ConfigTest, LaterFragmentsWin) {
  const Scratch scratch;
  const auto first = scratch.write("first", "# a comment\nCONFIG_SMP=y\nCONFIG_NR_CPUS=16\nCONFIG_KSM=y\n");
  const auto second = scratch.write("second", "# CONFIG_KSM is not set\nCONFIG_NR_CPUS=4\n");
  const auto merged = merge_fragments({first, second});
  ASSERT_TRUE(merged) << merged.error().text();
  EXPECT_EQ(config_text(*merged), "# CONFIG_KSM is not set\nCONFIG_NR_CPUS=4\nCONFIG_SMP=y\n");
}

TEST(ConfigTest, ALineThatIsNoOptionIsNamed) {
  const auto options = parse_config("x.config", "CONFIG_SMP=y\n\nSWAP=y\n");
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().kind(), Failure::usage);
  EXPECT_EQ(options.error().text(),
            "x.config:3: \"SWAP=y\" is no option; write CONFIG_NAME=value or # CONFIG_NAME is not set");
}

TEST(ConfigTest, DroppedOptionsAreFound) {
  const Options wanted = {
      {"CONFIG_A", "y"}, {"CONFIG_B", "n"}, {"CONFIG_C", "7"}, {"CONFIG_D", "n"}, {"CONFIG_E", "y"}};
  const Options got = {{"CONFIG_A", "y"}, {"CONFIG_B", "y"}, {"CONFIG_C", "8"}};
  const std::vector<DroppedOption> dropped = {
      {"CONFIG_B", "n", "y"}, {"CONFIG_C", "7", "8"}, {"CONFIG_E", "y", "n"}};
  EXPECT_EQ(dropped_options(wanted, got), dropped);
}

TEST(ConfigTest, AValueThatKconfigWouldDropIsNamed) {
  for (const auto* value : {"Y", "yes", "text", "\"open", "y # why", "0xfg", "1 2"}) {
    const auto options = parse_config("x.config", fmt::format("CONFIG_A=y\nCONFIG_B={}\n", value));
    ASSERT_FALSE(options) << value;
    EXPECT_NE(options.error().text().find(fmt::format("x.config:2: {} is no value for CONFIG_B", value)),
              std::string::npos)
        << options.error().text();
  }
  for (const auto* value : {"y", "m", "n", "-1", "0x1F", "\"\"", "\"a \\\" b\"", ""}) {
    EXPECT_TRUE(parse_config("x.config", fmt::format("CONFIG_B={}\n", value))) << value;
  }
}

class ReasonTest : public ::testing::Test {
 protected:
  ReasonTest() {
    scratch_.write("Kconfig", "source \"mm/Kconfig\"\n");
    scratch_.write(
        "mm/Kconfig",
        "if MMU\n"
        "config ZSWAP\n\tbool \"Compressed swap\"\n\tdepends on SWAP && !CRAZY\n\thelp\n\t  depends on moon\n"
        "\n\t  if it is full\n"
        "endif\n"
        "config HIDDEN\n\tbool\n"
        "config FREE\n\tint \"a number\"\n"
        "config CFI\n\tbool \"jumps\"\n\tdepends on CC_IS_CLANG\n"
        "config NLS\n\ttristate \"languages\"\n"
        "config ACPI\n\tbool \"tables\"\n\tselect NLS if X86\n");
    scratch_.write("arch/arm/Kconfig", "config ZSWAP\n\tdepends on ARM\n");
  }

  [[nodiscard]] KconfigIndex index() const { return {scratch_.root(), "x86"}; }
  [[nodiscard]] std::string explained(const Options& got, const std::vector<DroppedOption>& dropped) const {
    return explain_dropped(index(), got, dropped, {});
  }

  Scratch scratch_;
};

TEST_F(ReasonTest, IsNamed) {
  const Options got = {{"CONFIG_MMU", "y"}, {"CONFIG_FREE", "8"}};
  EXPECT_EQ(explained(got, {{"CONFIG_FREE", "7", "8"},
                            {"CONFIG_HIDDEN", "y", "n"},
                            {"CONFIG_ZSAWP", "y", "n"},
                            {"CONFIG_ZSWAP", "y", "n"}}),
            "\n  CONFIG_FREE=7: it became 8"
            "\n  CONFIG_HIDDEN=y: it is off; only other options select it (mm/Kconfig:10)"
            "\n  CONFIG_ZSAWP=y: this kernel has no such option; did you mean \"ZSWAP\"?"
            "\n  CONFIG_ZSWAP=y: it is off; it depends on MMU && SWAP && !CRAZY (mm/Kconfig:2), of which "
            "off: SWAP");
}

TEST_F(ReasonTest, IsWhatSelectsAnOptionThatShallBeOff) {
  EXPECT_EQ(explained({{"CONFIG_ACPI", "y"}, {"CONFIG_NLS", "y"}}, {{"CONFIG_NLS", "n", "y"}}),
            "\n  CONFIG_NLS=n: it became y, as it is selected by ACPI");
}

TEST_F(ReasonTest, IsThatAnOptionIsNoModule) {
  EXPECT_EQ(explained({{"CONFIG_ACPI", "n"}}, {{"CONFIG_ACPI", "m", "n"}}),
            "\n  CONFIG_ACPI=m: it is off, as it cannot be a module (mm/Kconfig:19)");
}

TEST_F(ReasonTest, IsThatModulesAreOff) {
  EXPECT_EQ(explained({{"CONFIG_NLS", "y"}}, {{"CONFIG_NLS", "m", "y"}}),
            "\n  CONFIG_NLS=m: it became y, as modules are off: add CONFIG_MODULES=y");
}

TEST_F(ReasonTest, IsTheCompiler) {
  const auto text = explained({}, {{"CONFIG_CFI", "y", "n"}});
  EXPECT_NE(text.find("of which off: CC_IS_CLANG"), std::string::npos) << text;
  EXPECT_NE(text.find("add CONFIG_CC_IS_CLANG=y, or the flavour clang"), std::string::npos) << text;
}

TEST_F(ReasonTest, NamesTheLineThatCounts) {
  const auto first = scratch_.write("a.config", "CONFIG_FREE=6\n");
  const auto second = scratch_.write("b.config", "# ours\n\nCONFIG_FREE=7\nCONFIG_OTHER=y\n");
  EXPECT_EQ(explain_dropped(index(), {{"CONFIG_FREE", "8"}}, {{"CONFIG_FREE", "7", "8"}}, {first, second}),
            fmt::format("\n  CONFIG_FREE=7 ({}:3): it became 8", second.string()));
}

TEST_F(ReasonTest, OfAConfigOnlyWhatSomebodyChoseCountsAsLost) {
  const Options start = {{"CONFIG_ZSWAP", "y"}, {"CONFIG_HIDDEN", "y"}, {"CONFIG_FREE", "7"},
                         {"CONFIG_OURS", "m"},  {"CONFIG_NLS", "n"},    {"CONFIG_NEWER", "y"},
                         {"CONFIG_GONE", "n"},  {"CONFIG_ACPI", "y"}};
  const Options got = {{"CONFIG_FREE", "8"}, {"CONFIG_OURS", "y"}, {"CONFIG_NLS", "y"}, {"CONFIG_ACPI", "y"}};
  const auto lost = lost_options(start, {{"CONFIG_OURS", "y"}}, got, index());
  const std::vector<DroppedOption> dropped = {{"CONFIG_FREE", "7", "8"}, {"CONFIG_ZSWAP", "y", "n"}};
  EXPECT_EQ(lost.dropped, dropped);
  EXPECT_EQ(lost.unknown, (std::vector<std::string>{"CONFIG_NEWER"}));
}

}  // namespace
}  // namespace assay::kernel
