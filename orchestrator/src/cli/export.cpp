// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "cli/export_formats.hpp"
#include "cli/opened.hpp"
#include "cli/values.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
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

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// Where an export goes: stdout, or a file that appears when it is whole.
class Output {
 public:
  [[nodiscard]] static Result<Output> open(const fs::path& path) {
    Output output(path);
    if (path.empty()) {
      return output;
    }
    if (auto made = make_directories(fs::absolute(path).parent_path()); !made) {
      return made.error();
    }
    output.file_.reset(std::fopen(output.part().c_str(), "wb"));
    if (output.file_ == nullptr) {
      return output.trouble(errno);
    }
    return output;
  }
  Output(Output&&) = default;
  Output& operator=(Output&&) = default;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() {
    if (file_ != nullptr) {  // given up
      std::error_code error;
      fs::remove(part(), error);
    }
  }

  Status put(std::string_view bytes) {
    auto* file = file_ ? file_.get() : stdout;
    return std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size() ? Status() : trouble(errno);
  }

  Status finish() {
    if (file_ == nullptr) {
      return std::fflush(stdout) == 0 ? Status() : trouble(errno);
    }
    if (std::fclose(file_.release()) != 0 || std::rename(part().c_str(), path_.c_str()) != 0) {
      return trouble(errno);
    }
    return {};
  }

 private:
  explicit Output(fs::path path) : path_(std::move(path)) {}
  [[nodiscard]] std::string part() const { return path_.string() + ".part"; }
  [[nodiscard]] Error trouble(int error) const {
    return fail(Failure::infrastructure, "cannot write {}: {}", path_.empty() ? "stdout" : path_.string(),
                errno_text(error));
  }

  fs::path path_;
  std::unique_ptr<std::FILE, CloseFile> file_;
};

Result<fs::path> output_path(const ExportOptions& options) {
  if (options.output == "-") {
    return fs::path();
  }
  if (options.npz && options.output.empty() && ::isatty(STDOUT_FILENO) != 0) {
    return fail(Failure::usage, "a terminal is no place for a zip file: name a file with -o FILE");
  }
  return options.output;
}

Task<Result<ExitCode>> export_verb(Globals& globals, ExportOptions options) {
  const auto path = output_path(options);
  if (!path) {
    co_return path.error();
  }
  auto opened = open_run(globals, options.run);
  if (!opened) {
    co_return opened.error();
  }
  auto output = Output::open(*path);
  if (!output) {
    co_return output.error();
  }
  const ExportedRun run{*opened->results, std::move(opened->view), options.samples};
  const ExportSink sink = [&output](std::string_view bytes) { return output->put(bytes); };
  auto written = options.csv   ? export_csv(run, sink)
                 : options.npz ? export_npz(run, sink)
                               : export_jsonl(run, sink);
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
  takes(verb->add_option("-o,--output", options->output, "a file (default: stdout)"), named("FILE"));
  verb->footer(
      "Examples:\n"
      "  assay export last --csv > trials.csv\n"
      "  assay export last --npz --samples -o run.npz\n");
  verb->callback([&globals, &chosen, options] {
    chosen = [&globals, options] { return export_verb(globals, *options); };
  });
}

}  // namespace assay::cli
