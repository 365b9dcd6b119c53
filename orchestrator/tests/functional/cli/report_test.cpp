// SPDX-License-Identifier: GPL-2.0-or-later
// `assay report` and `export`: a run for people and programs that are elsewhere.
#include "command.hpp"

#include "base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace assay::cli {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// Sends two metrics of two samples and an event with its first workload.
Task<> sends_samples(Inside& guest) {
  const std::vector<std::uint64_t> times{1000, 2000};
  const std::vector<std::uint32_t> ids{3, 4};
  const std::vector<std::int64_t> values{5, 6, 7, 8};
  co_await guest.hello();
  const auto order = (co_await guest.order()).value_or(0);
  co_await guest.send(link::sample::metrics(order));
  co_await guest.send(link::sample::samples(order, times, ids, values));
  co_await guest.send(link::sample::event(order, "begin"));
  co_await guest.send(link::sample::result(order));
  co_await guest.serve();
}

/// One run of four trials is there.
class Written : public OnFakes {
 protected:
  void SetUp() override {
    cast_ = [](const machine::BootSpec&, unsigned) -> Script { return sends_samples; };
    ASSERT_EQ(assay({"run", "-q", "--trials", "1", "two"}).code, 3);
    id_ = last_run();
  }

  static std::size_t lines_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
  }

  std::string id_;
};

const std::map<std::string, std::string> beginnings{
    {"json", "{\n  \"format\": 1,\n"},
    {"junit", "<?xml version=\"1.0\"?>\n<testsuites"},
    {"kcidb", "{\n"},
    {"ktap", "KTAP version 1\n1..1\n"},
    {"markdown", "### two: two kernels\n\n"},
    {"text", "two: two kernels\n\nrun "},
};

TEST_F(Written, ReportsAreTextOnStdout) {
  for (const auto& [format, beginning] : beginnings) {
    const auto ended = assay({"report", "--format", format});
    EXPECT_EQ(ended.code, 0) << format << ended.err;
    EXPECT_THAT(ended.out, StartsWith(beginning)) << format;
    EXPECT_EQ(ended.err, "") << format;
    EXPECT_EQ(assay({"report", "last", "-f", format, "-o", "-"}).out, ended.out) << format;
  }
  const auto json = nlohmann::json::parse(assay({"report", "-f", "kcidb"}).out, nullptr, false);
  EXPECT_FALSE(json.is_discarded());
}

TEST_F(Written, APageLiesInTheRunsFolder) {
  const auto ended = assay({"report"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "results/runs/" + id_ + "/report.html\n");
  EXPECT_EQ(ended.err, "");
  const auto page = text_of("results/runs/" + id_ + "/report.html");
  EXPECT_THAT(page, AllOf(StartsWith("<!"), HasSubstr(id_), EndsWith("</html>\n")));
  EXPECT_EQ(assay({"report", "-q"}).out, "");
  EXPECT_EQ(assay({"report", "-o", "-"}).out, page) << "the same text as before";
}

TEST_F(Written, AFileIsNamedWhenItIsWhole) {
  for (const auto& [format, beginning] : beginnings) {
    const auto ended = assay({"report", "-f", format, "-o", "report." + format});
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(ended.out, "report." + format + "\n");
    EXPECT_EQ(text_of("report." + format), assay({"report", "-f", format}).out);
  }
}

TEST_F(Written, ALinkIsFollowedAndADescriptorWritten) {
  write("there/old", "old");
  fs::create_symlink("there/old", root() / "link");
  fs::create_symlink("there/new", root() / "dangling");
  const auto text = assay({"report", "-f", "ktap"}).out;
  for (const auto* name : {"link", "dangling"}) {
    EXPECT_EQ(assay({"report", "-f", "ktap", "-o", name}).code, 0);
    EXPECT_TRUE(fs::is_symlink(root() / name));
    EXPECT_EQ(text_of(name), text);
  }
  EXPECT_EQ(assay({"report", "-f", "ktap", "-o", "/dev/fd/1"}).out, text);
  EXPECT_EQ(assay({"report", "-f", "ktap", "-o", "/dev/stdout"}).out, text);
  const auto to_stderr = assay({"report", "-f", "ktap", "-o", "/dev/fd/2"});
  EXPECT_EQ(to_stderr.out, "");
  EXPECT_EQ(to_stderr.err, text);
}

TEST_F(Written, WhatCannotBeWrittenIsToldAndMakesNothing) {
  expect_refused({"report", "-f", "text", "-o", "images"}, 2,
                 "cannot write images: it is a folder; name a file in it");
  expect_refused({"report", "-f", "text", "-o", "no/file"}, 2, "cannot write no/file: there is no folder no");
  expect_refused({"report", "-f", "text", "-o", "old/file"}, 2, "cannot write old/file: Not a directory");
  expect_refused({"report", "-f", "text", "-o", "/dev/full"}, 70,
                 "cannot write /dev/full: No space left on device");
  expect_refused(
      {"report", "-f", "odt"}, 2,
      "cannot understand --format \"odt\": it is none of html, json, junit, kcidb, ktap, markdown and text");
  expect_refused({"export", "--csv", "-o", "images"}, 2,
                 "cannot write images: it is a folder; name a file in it");
  EXPECT_FALSE(fs::exists(root() / "no"));
}

TEST_F(Written, APageThatHasNoPlaceInTheResultsMayLieElsewhere) {
  fs::remove_all(root() / "results/runs" / id_);
  fs::create_symlink(root() / "images", root() / "results/runs" / id_);
  const auto refused = assay({"report"});
  EXPECT_NE(refused.code, 0);
  EXPECT_THAT(refused.err, EndsWith("; -o FILE puts the page elsewhere\n"));
  EXPECT_FALSE(fs::exists(root() / "images/report.html"));
  EXPECT_EQ(assay({"report", "-o", "page.html"}).code, 0);
}

TEST_F(Written, CsvHasARowForEachTrial) {
  const auto ended = assay({"export", "--csv"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, StartsWith("variant,machine,workload,repeat,seed,outcome,"));
  EXPECT_EQ(lines_of(ended.out), 5U);
  EXPECT_THAT(ended.out, HasSubstr("\nafter,default,two,0,"));
  const auto samples = assay({"export", "--csv", "--samples"});
  EXPECT_EQ(samples.code, 0) << samples.err;
  EXPECT_THAT(samples.out, HasSubstr("vmstat.pgfault"));
  EXPECT_GT(lines_of(samples.out), 5U);
}

TEST_F(Written, JsonLinesAreTheRunItsClaimsAndItsTrials) {
  const auto types_of = [](const std::string& text) {
    std::map<std::string, unsigned> types;
    for (const auto line : split(text, '\n')) {
      if (!line.empty()) {
        const auto json = nlohmann::json::parse(line, nullptr, false);
        ++types[json.is_discarded() ? std::string(line) : json.value("type", "none")];
      }
    }
    return types;
  };
  const auto plain = types_of(assay({"export", "--jsonl"}).out);
  EXPECT_EQ(plain, (std::map<std::string, unsigned>{{"run", 1}, {"claim", 1}, {"trial", 4}}));
  const auto all = types_of(assay({"export", "--jsonl", "-s"}).out);
  EXPECT_EQ(all.at("trial"), 4U);
  EXPECT_EQ(all.at("event"), 2U);
  EXPECT_GT(all.size(), plain.size());
}

TEST_F(Written, ArraysAreAZipFile) {
  const auto ended = assay({"export", "--npz", "-s", "-o", "run.npz"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(text_of("run.npz"), AllOf(StartsWith("PK\x03\x04"), HasSubstr(".npy")));
  EXPECT_EQ(assay({"export", "--npz", "-s"}).out, text_of("run.npz"));
}

TEST_F(Written, AnExportHasOneFormat) {
  const auto usage = "; usage: assay export [OPTION...] [RUN]";
  expect_refused({"export"}, 2,
                 std::string("cannot run assay export: it takes one of --jsonl, --csv and --npz") + usage);
  EXPECT_EQ(assay({"export", "--csv", "--npz"}).code, 2);
  EXPECT_THAT(below("results/runs/" + id_), testing::Not(IsEmpty()));
}

}  // namespace
}  // namespace assay::cli
