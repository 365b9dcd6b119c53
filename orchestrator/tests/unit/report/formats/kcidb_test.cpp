// SPDX-License-Identifier: GPL-2.0-or-later
// Holds what we write for KCIDB to the published rules of its report format 5.3
// (github.com/kernelci/kcidb-io, kcidb_io/schema/v05_03.py).
#include "base/hash.hpp"
#include "golden.hpp"
#include "report/formats/formats.hpp"
#include "report/sample_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <regex>
#include <set>

namespace assay::report {
namespace {

using nlohmann::json;

enum class Kind { text, number, whole, flag, time, status, list, object, misc };

/// One field of one kind of object. `rule` is a pattern of a text, the kind of the objects in a list, or that
/// of an object.
struct Field {
  std::string_view of;
  std::string_view name;
  Kind kind;
  std::string_view rule;
  bool required = false;
};

constexpr std::string_view any = "[^\\0]*";
constexpr std::string_view origin = "[a-z0-9_]+";
constexpr std::string_view id = "[a-z0-9_]+:[^\\0]*";
constexpr std::string_view path = "([a-zA-Z0-9_-]+(\\.[a-zA-Z0-9_-]+)*)?";
constexpr std::string_view uri = "[a-z][a-z0-9+.-]*:.*";
constexpr std::string_view excerpt = "[^]{0,16384}";
constexpr bool needed = true;

constexpr std::array fields{
    Field{"report", "version", Kind::object, "version", needed},
    Field{"report", "checkouts", Kind::list, "checkout"},
    Field{"report", "builds", Kind::list, "build"},
    Field{"report", "tests", Kind::list, "test"},
    Field{"report", "issues", Kind::list, "issue"},
    Field{"report", "incidents", Kind::list, "incident"},

    Field{"version", "major", Kind::whole, "5", needed},
    Field{"version", "minor", Kind::whole, "[0-3]"},

    Field{"resource", "name", Kind::text, "[^/\\0]+", needed},
    Field{"resource", "url", Kind::text, uri, needed},

    Field{"checkout", "id", Kind::text, id, needed},
    Field{"checkout", "origin", Kind::text, origin, needed},
    Field{"checkout", "tree_name", Kind::text, any},
    Field{"checkout", "git_repository_url", Kind::text, "https://.*"},
    Field{"checkout", "git_commit_hash", Kind::text, "[0-9a-f]{40}"},
    Field{"checkout", "git_commit_name", Kind::text, any},
    Field{"checkout", "git_commit_message", Kind::text, any},
    Field{"checkout", "git_repository_branch", Kind::text, any},
    Field{"checkout", "git_repository_branch_tip", Kind::flag, ""},
    Field{"checkout", "patchset_files", Kind::list, "resource"},
    Field{"checkout", "patchset_hash", Kind::text, "|[0-9a-f]{64}"},
    Field{"checkout", "message_id", Kind::text, "[^@ ]+@[^@ ]+"},
    Field{"checkout", "comment", Kind::text, any},
    Field{"checkout", "start_time", Kind::time, ""},
    Field{"checkout", "origin_builds_finish_time", Kind::time, ""},
    Field{"checkout", "origin_tests_finish_time", Kind::time, ""},
    Field{"checkout", "log_url", Kind::text, uri},
    Field{"checkout", "log_excerpt", Kind::text, excerpt},
    Field{"checkout", "valid", Kind::flag, ""},
    Field{"checkout", "misc", Kind::misc, ""},

    Field{"build", "id", Kind::text, id, needed},
    Field{"build", "origin", Kind::text, origin, needed},
    Field{"build", "checkout_id", Kind::text, id, needed},
    Field{"build", "comment", Kind::text, any},
    Field{"build", "start_time", Kind::time, ""},
    Field{"build", "duration", Kind::number, ""},
    Field{"build", "architecture", Kind::text, "[a-z0-9_]*"},
    Field{"build", "command", Kind::text, any},
    Field{"build", "compiler", Kind::text, any},
    Field{"build", "input_files", Kind::list, "resource"},
    Field{"build", "output_files", Kind::list, "resource"},
    Field{"build", "config_name", Kind::text, any},
    Field{"build", "config_url", Kind::text, uri},
    Field{"build", "log_url", Kind::text, uri},
    Field{"build", "log_excerpt", Kind::text, excerpt},
    Field{"build", "status", Kind::status, ""},
    Field{"build", "misc", Kind::misc, ""},

    Field{"test", "id", Kind::text, id, needed},
    Field{"test", "origin", Kind::text, origin, needed},
    Field{"test", "build_id", Kind::text, id, needed},
    Field{"test", "environment", Kind::object, "environment"},
    Field{"test", "path", Kind::text, path},
    Field{"test", "comment", Kind::text, any},
    Field{"test", "log_url", Kind::text, uri},
    Field{"test", "log_excerpt", Kind::text, excerpt},
    Field{"test", "status", Kind::status, ""},
    Field{"test", "number", Kind::object, "output"},
    Field{"test", "start_time", Kind::time, ""},
    Field{"test", "duration", Kind::number, ""},
    Field{"test", "input_files", Kind::list, "resource"},
    Field{"test", "output_files", Kind::list, "resource"},
    Field{"test", "misc", Kind::misc, ""},

    Field{"environment", "comment", Kind::text, any},
    Field{"environment", "misc", Kind::misc, ""},

    Field{"output", "value", Kind::number, "", needed},
    Field{"output", "unit", Kind::text, any},
    Field{"output", "prefix", Kind::text, "metric|binary"},

    Field{"issue", "id", Kind::text, id, needed},
    Field{"issue", "version", Kind::whole, "[0-9]+", needed},
    Field{"issue", "origin", Kind::text, origin, needed},
    Field{"issue", "report_url", Kind::text, uri},
    Field{"issue", "report_subject", Kind::text, any},
    Field{"issue", "culprit", Kind::object, "culprit"},
    Field{"issue", "comment", Kind::text, any},
    Field{"issue", "misc", Kind::misc, ""},

    Field{"culprit", "code", Kind::flag, ""},
    Field{"culprit", "tool", Kind::flag, ""},
    Field{"culprit", "harness", Kind::flag, ""},

    Field{"incident", "id", Kind::text, id, needed},
    Field{"incident", "origin", Kind::text, origin, needed},
    Field{"incident", "issue_id", Kind::text, id, needed},
    Field{"incident", "issue_version", Kind::whole, "[0-9]+", needed},
    Field{"incident", "build_id", Kind::text, id},
    Field{"incident", "test_id", Kind::text, id},
    Field{"incident", "present", Kind::flag, ""},
    Field{"incident", "comment", Kind::text, any},
    Field{"incident", "misc", Kind::misc, ""},
};

bool matches(const std::string& text, std::string_view pattern) {
  if (pattern == any || pattern == excerpt) {  // std::regex recurses on long texts
    return text.find('\0') == std::string::npos && (pattern == any || text.size() <= 16'384);
  }
  return std::regex_match(text, std::regex(std::string(pattern)));
}

bool is_status(const json& value) {
  const std::set<std::string> known{"FAIL", "ERROR", "MISS", "PASS", "DONE", "SKIP"};
  return value.is_string() && known.contains(value.get<std::string>());
}

bool is_time(const json& value) {
  return value.is_string() &&
         matches(value.get<std::string>(),
                 "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)");
}

void expect_object(const json& object, std::string_view kind, const std::string& where);

void expect_value(const json& value, const Field& field, const std::string& where) {
  switch (field.kind) {
    case Kind::text:
      ASSERT_TRUE(value.is_string()) << where;
      EXPECT_TRUE(matches(value.get<std::string>(), field.rule)) << where << ": " << value;
      return;
    case Kind::number:
      EXPECT_TRUE(value.is_number()) << where;
      return;
    case Kind::whole:
      ASSERT_TRUE(value.is_number_integer()) << where;
      EXPECT_TRUE(matches(value.dump(), field.rule)) << where << ": " << value;
      return;
    case Kind::flag:
      EXPECT_TRUE(value.is_boolean()) << where;
      return;
    case Kind::time:
      EXPECT_TRUE(is_time(value)) << where << ": " << value;
      return;
    case Kind::status:
      EXPECT_TRUE(is_status(value)) << where << ": " << value;
      return;
    case Kind::misc:
      EXPECT_TRUE(value.is_object()) << where;
      return;
    case Kind::object:
      expect_object(value, field.rule, where);
      return;
    case Kind::list:
      ASSERT_TRUE(value.is_array()) << where;
      for (const auto& entry : value) {
        expect_object(entry, field.rule, where);
      }
  }
}

/// Every field is known and as it must be, none that is required is missing, and none is null.
void expect_object(const json& object, std::string_view kind, const std::string& where) {
  ASSERT_TRUE(object.is_object()) << where;
  for (const auto& [name, value] : object.items()) {
    const auto field = std::find_if(fields.begin(), fields.end(), [&, &key = name](const Field& one) {
      return one.of == kind && one.name == key;
    });
    ASSERT_NE(field, fields.end()) << where << " may not have " << name;
    expect_value(value, *field, where + "/" + name);
  }
  for (const auto& field : fields) {
    EXPECT_TRUE(field.of != kind || !field.required || object.contains(std::string(field.name)))
        << where << " lacks " << field.name;
  }
}

std::set<std::string> ids_of(const json& list) {
  std::set<std::string> ids;
  for (const auto& entry : list) {
    EXPECT_TRUE(ids.insert(entry["id"].get<std::string>()).second) << entry["id"] << " is there twice";
  }
  return ids;
}

/// Each reference leads somewhere within the report.
void expect_connected(const json& report) {
  const auto checkouts = ids_of(report["checkouts"]);
  const auto builds = ids_of(report["builds"]);
  const auto tests = ids_of(report["tests"]);
  const auto issues = ids_of(report["issues"]);
  for (const auto& build : report["builds"]) {
    EXPECT_TRUE(checkouts.contains(build["checkout_id"].get<std::string>())) << build["id"];
  }
  for (const auto& test : report["tests"]) {
    EXPECT_TRUE(builds.contains(test["build_id"].get<std::string>())) << test["id"];
  }
  for (const auto& incident : report["incidents"]) {
    EXPECT_TRUE(issues.contains(incident["issue_id"].get<std::string>())) << incident["id"];
    EXPECT_TRUE(tests.contains(incident["test_id"].get<std::string>())) << incident["id"];
  }
}

json kcidb_of(const store::RunView& view) {
  auto report = json::parse(run_kcidb(view), nullptr, false);
  expect_object(report, "report", "report");
  expect_connected(report);
  return report;
}

TEST(RunKcidb, Golden) { expect_golden("report/golden/run.kcidb.json", run_kcidb(sample_view())); }

TEST(RunKcidb, KeepsTheRulesOfTheFormat) {
  const auto report = kcidb_of(sample_view());
  EXPECT_EQ(report["version"]["minor"], 3);
  EXPECT_EQ(report["builds"].size(), 2U);
  EXPECT_EQ(report["tests"].size(), 12U + 6U);
  EXPECT_EQ(report["issues"].size(), 1U);
  EXPECT_EQ(report["incidents"].size(), 1U);
}

TEST(RunKcidb, KeepsThemWhateverTheGuestSent) {
  auto view = sample_view();
  view.run.experiment = "a b.c/\xff";
  view.run.id = std::string("r\0\n", 3);
  view.trials[0].key.workload = "w.\x01 \xc3\xa4";
  view.trials[5].findings[0].text = std::string(100'000, '\0');
  view.trials[5].findings.push_back(view.trials[5].findings[0]);
  view.verdicts[0].claim = "";
  view.verdicts[0].says = std::string("\0", 1);
  view.run.kernels[0].provenance =
      R"({"arch": "x86_64", "source": {"commit": "not a hash"}, "patches": [{"sha256": 7}]})";
  kcidb_of(view);
}

TEST(RunKcidb, OfNothing) { kcidb_of(store::RunView{}); }

TEST(RunKcidb, NamesAPatchsetAsTheFormatDescribesIt) {
  auto view = sample_view();
  const std::string one(64, '1');
  const std::string two(64, '2');
  const auto of = [&](const std::string& patches) {
    view.run.kernels[0].provenance = R"({"patches": [)" + patches + "]}";
    return kcidb_of(view)["checkouts"][0];
  };
  EXPECT_EQ(of("")["patchset_hash"], "");
  EXPECT_EQ(of(R"({"sha256": ")" + one + R"("}, {"sha256": ")" + two + "\"}")["patchset_hash"],
            sha256(one + "\n" + two + "\n"));
  EXPECT_FALSE(of(R"({"reverse": true, "sha256": ")" + one + "\"}").contains("patchset_hash"));
}

}  // namespace
}  // namespace assay::report
