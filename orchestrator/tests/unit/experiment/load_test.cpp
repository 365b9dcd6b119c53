// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/load.hpp"
#include "base/files.hpp"
#include "experiment/catalogue.hpp"
#include "experiment/experiment.hpp"
#include "experiment/kept_file.hpp"
#include "experiment/sample_catalogue.hpp"
#include "experiment/sample_experiment.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace assay::experiment {
namespace {

/// A folder of its own as working directory, with experiments/sample in it.
class LoadExperiment : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "assay-load-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    before_ = fs::current_path();
    fs::create_directories(folder_ / "experiments/sample");
    fs::create_directories(folder_ / "empty");
    ASSERT_TRUE(write_file(folder_ / "experiments/sample/experiment.toml", sample_experiment));
    fs::current_path(folder_);
  }
  void TearDown() override {
    fs::current_path(before_);
    fs::remove_all(folder_);
  }
  [[nodiscard]] std::string load(const std::string& where) const {
    const auto experiment = load_experiment(where, "experiments", *Catalogue::from_json(sample_describe));
    return experiment ? experiment->file.string() : experiment.error().text();
  }

  fs::path folder_;
  fs::path before_;
};

TEST_F(LoadExperiment, TakesAFileAFolderOrAName) {
  const std::string file = "experiments/sample/experiment.toml";
  EXPECT_EQ(load(file), file);
  EXPECT_EQ(load("experiments/sample"), file);
  EXPECT_EQ(load("experiments/sample/"), file);
  EXPECT_EQ(load("sample"), file);
  EXPECT_EQ(load((folder_ / "experiments/sample").string()), (folder_ / file).string());
}

TEST_F(LoadExperiment, HelpsWithNamesThatAreNotThere) {
  EXPECT_EQ(load("samlpe"),
            "cannot read experiment samlpe: no such file or folder; did you mean \"sample\"?");
  EXPECT_EQ(load("experiments/smaple"),
            "cannot read experiment experiments/smaple: no such file or folder; did you mean "
            "\"experiments/sample\"?");
  EXPECT_EQ(load("unlike"), "cannot read experiment unlike: no such file or folder; experiments has sample");
  EXPECT_EQ(load("empty"), "cannot read experiment empty: the folder has no experiment.toml");
  EXPECT_EQ(load(""), "cannot read experiment : no such file or folder; experiments has sample");
}

TEST(ClaimSources, AreReadWithoutKnowingWhatAnAgentCanDo) {
  const auto sources = claim_sources_in(R"(
[experiment]
thread = "first@example.org"
[[claims]]
id = "one"
workload = "w"
quote = "so it is"
author = "A. Developer"
[[claims]]
id = "two"
message_id = "second@example.org"
quote = 7
)");
  ASSERT_EQ(sources.size(), 2U);
  EXPECT_EQ(sources[0].claim, "one");
  EXPECT_EQ(sources[0].workload, "w");
  EXPECT_EQ(sources[0].quote, "so it is");
  EXPECT_EQ(sources[0].author, "A. Developer");
  EXPECT_EQ(sources[0].message_id, "first@example.org");
  EXPECT_EQ(sources[1].quote, "");
  EXPECT_EQ(sources[1].message_id, "second@example.org");
  for (const auto* text :
       {"", "claims = 7", "claims = [1]", "[[claims", "[experiment]\nthread = 7\n[[claims]]\n"}) {
    EXPECT_LE(claim_sources_in(text).size(), 1U) << text;
  }
}

}  // namespace
}  // namespace assay::experiment
