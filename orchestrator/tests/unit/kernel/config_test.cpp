// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/config.hpp"

#include "kernel/scratch.hpp"

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

TEST(ConfigTest, TheReasonIsNamed) {
  const Scratch scratch;
  scratch.write("Kconfig", "source \"mm/Kconfig\"\n");
  scratch.write(
      "mm/Kconfig",
      "if MMU\n"
      "config ZSWAP\n\tbool \"Compressed swap\"\n\tdepends on SWAP && !CRAZY\n\thelp\n\t  depends on moon\n"
      "\n\t  if it is full\n"
      "endif\n"
      "config HIDDEN\n\tbool\n"
      "config FREE\n\tint \"a number\"\n");
  scratch.write("arch/arm/Kconfig", "config ZSWAP\n\tdepends on ARM\n");
  const Options got = {{"CONFIG_MMU", "y"}, {"CONFIG_FREE", "8"}};
  const std::vector<DroppedOption> dropped = {{"CONFIG_FREE", "7", "8"},
                                              {"CONFIG_HIDDEN", "y", "n"},
                                              {"CONFIG_ZSAWP", "y", "n"},
                                              {"CONFIG_ZSWAP", "y", "n"}};
  EXPECT_EQ(explain_dropped(scratch.root(), "x86", got, dropped),
            "\n  CONFIG_FREE=7: it became 8"
            "\n  CONFIG_HIDDEN=y: it is off; only other options select it (mm/Kconfig:10)"
            "\n  CONFIG_ZSAWP=y: this kernel has no such option; did you mean \"ZSWAP\"?"
            "\n  CONFIG_ZSWAP=y: it is off; it depends on MMU && SWAP && !CRAZY (mm/Kconfig:2), of which "
            "off: SWAP");
}

}  // namespace
}  // namespace assay::kernel
