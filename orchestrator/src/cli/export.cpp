// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/output.hpp"
#include "cli/opened.hpp"
#include "cli/values.hpp"
#include "export/write_run.hpp"

#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace assay::cli {
namespace {

struct ExportOptions {
  std::string run = "last";
  bool jsonl = false;
  bool csv = false;
  bool npz = false;
  bool samples = false;
  fs::path output;
};

Result<fs::path> output_path(const ExportOptions& options) {
  if (options.npz && options.output.empty() && ::isatty(STDOUT_FILENO) != 0) {
    return fail(Failure::usage, "a terminal is no place for a zip file: name a file with -o FILE");
  }
  return options.output.empty() ? "-" : options.output;
}

exports::Format format_of(const ExportOptions& options) {
  return options.csv ? exports::Format::csv : options.npz ? exports::Format::npz : exports::Format::jsonl;
}

Task<Result<ExitCode>> export_verb(Globals& globals, ExportOptions options) {
  const auto path = output_path(options);
  if (!path) {
    co_return path.error();
  }
  auto opened = read_kept_run(globals, options.run);
  if (!opened) {
    co_return opened.error();
  }
  auto output = Output::open(*path);
  if (!output) {
    co_return output.error();
  }
  const exports::Sink sink = [&output](std::string_view bytes) { return output->put(bytes); };
  const exports::ExportedRun run{*opened->results, std::move(opened->view), options.samples};
  auto written = exports::write_run(run, format_of(options), sink);
  if (written) {
    written = output->finish();
  }
  co_return written ? Result<ExitCode>(ExitCode::all_hold) : written.error();
}

}  // namespace

void add_export(CLI::App& app, Globals& globals, Action& chosen) {
  auto options = std::make_shared<ExportOptions>();
  auto* verb = app.add_subcommand("export", "write a run's trials and samples for other programs");
  takes(verb->add_option("run", options->run,
                         "id of the run, or a part of it that no other has (default: the last)"),
        named("RUN"));
  auto* format = verb->add_option_group("format");
  format->add_flag("--jsonl", options->jsonl, "a JSON object a line: the run, its claims, its trials");
  format->add_flag("--csv", options->csv, "a row for each trial, a column for each counter");
  format->add_flag("--npz", options->npz, "arrays for numpy.load()");
  format->require_option(1);
  verb->add_flag("-s,--samples", options->samples,
                 "also samples and events; with --csv only the samples, a row for each");
  takes(verb->add_option("-o,--output", options->output, "a file (default: stdout, which is also -)"),
        named("FILE"));
  verb->footer(
      "Examples:\n"
      "  assay export last --csv > trials.csv\n"
      "  assay export last --npz --samples -o run.npz\n");
  verb->callback([&globals, &chosen, options] {
    chosen = [&globals, options] { return export_verb(globals, *options); };
  });
}

}  // namespace assay::cli
