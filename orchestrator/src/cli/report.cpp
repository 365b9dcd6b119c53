// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/beneath.hpp"
#include "base/output.hpp"
#include "cli/opened.hpp"
#include "cli/values.hpp"
#include "report/formats/formats.hpp"
#include "report/page/page.hpp"
#include "report/text/text.hpp"
#include "run/build_places.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace assay::cli {
namespace {

struct ReportOptions {
  std::string run = "last";
  std::string format = "html";
  std::string output;
};

/// What a run can be written as, from what all reports share.
struct Format {
  std::string_view name;
  std::string (*write)(const store::RunView& view);
};

std::string plain_page(const store::RunView& view) { return report::run_page(view, false); }

constexpr std::string_view html = "html";
constexpr const char* page_name = "report.html";

constexpr std::array formats{
    Format{"json", report::run_json},         Format{"junit", report::run_junit},
    Format{"kcidb", report::run_kcidb},       Format{"ktap", report::run_ktap},
    Format{"markdown", report::run_markdown}, Format{"text", plain_page},
};

std::vector<std::string> format_names() {
  std::vector<std::string> names{std::string(html)};
  for (const auto& format : formats) {
    names.emplace_back(format.name);
  }
  return names;
}

Result<std::string> html_page(store::Store& results, const store::RunView& view) {
  auto parts = report::read_page_parts(results, view);
  if (!parts) {
    return parts.error();
  }
  parts->program = fmt::format("Assay {}", run::version);
  return report::run_html(view, std::move(*parts));
}

Result<std::string> written(const ReportOptions& options, store::Store& results, const store::RunView& view) {
  if (options.format == html) {
    return html_page(results, view);
  }
  const auto format = std::find_if(formats.begin(), formats.end(),
                                   [&](const Format& one) { return one.name == options.format; });
  return format->write(view);
}

/// Pages go into the run's folder, where links to consoles work, all else to stdout.
Result<Output> output_of(const ReportOptions& options, const KeptRun& opened) {
  if (!options.output.empty() || options.format != html) {
    return Output::open(options.output.empty() ? "-" : options.output);
  }
  const auto path = opened.places.runs() / opened.view.run.id / page_name;
  auto folder = open_beneath(opened.places.results, fs::path("runs") / opened.view.run.id, Missing::is_made);
  auto page = folder ? Output::open_in(std::move(*folder), page_name, path) : Result<Output>(folder.error());
  if (!page) {
    const auto why = page.error();
    return fail(why.kind(), "{}; -o FILE puts the page elsewhere", why.text());
  }
  return page;
}

Status deliver(const std::string& text, Output& output) {
  auto done = output.put(text);
  return done ? output.finish() : done;
}

/// Said of a file that was made; not where somebody waits for the text itself.
std::string where_it_is(const ReportOptions& options, const KeptRun& opened) {
  const auto page = opened.places.runs() / opened.view.run.id / page_name;
  return shown(options.output.empty() ? page : fs::absolute(options.output)) + "\n";
}

Task<Result<ExitCode>> report_verb(Globals& globals, ReportOptions options) {
  const auto opened = read_kept_run(globals, options.run);
  if (!opened) {
    co_return opened.error();
  }
  auto output = output_of(options, *opened);
  if (!output) {
    co_return output.error();
  }
  const bool is_file = output->makes_file();
  const auto text = written(options, *opened->results, opened->view);
  if (!text) {
    co_return text.error();
  }
  if (auto delivered = deliver(*text, *output); !delivered) {
    co_return delivered.error();
  }
  if (is_file && !globals.quiet) {
    print_exactly(where_it_is(options, *opened));
  }
  co_return ExitCode::all_hold;
}

}  // namespace

void add_report(CLI::App& app, Globals& globals, Action& chosen) {
  auto options = std::make_shared<ReportOptions>();
  auto* verb = app.add_subcommand("report", "write a run for people and programs that are elsewhere");
  takes(verb->add_option("run", options->run,
                         "id of the run, or a part of it that no other has (default: the last)"),
        named("RUN"));
  takes(verb->add_option("-f,--format", options->format, "what to write"), one_of(format_names()))
      ->capture_default_str();
  takes(verb->add_option(
            "-o,--output", options->output,
            "a file; - for stdout (default: stdout, and for html report.html in the run's folder)"),
        named("FILE"));
  verb->footer(
      "Formats:\n"
      "  html      one page for browsers, with plots, that opens from disk\n"
      "  json      all but samples, as assay show --json\n"
      "  junit     JUnit XML for CI: a refuted claim fails\n"
      "  kcidb     KCIDB 5.3 JSON for dashboards of kernel CI\n"
      "  ktap      KTAP 1, as assay show --ktap\n"
      "  markdown  for a pull request\n"
      "  text      for a mail, as assay show\n"
      "Examples:\n"
      "  assay report last\n"
      "  assay report last --format junit -o assay.xml\n");
  verb->callback([&globals, &chosen, options] {
    chosen = [&globals, options] { return report_verb(globals, *options); };
  });
}

}  // namespace assay::cli
