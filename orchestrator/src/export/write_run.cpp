// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/write_run.hpp"

namespace assay::exports {

Status write_run(const ExportedRun& run, Format format, const Sink& sink) {
  switch (format) {
    case Format::jsonl:
      return write_jsonl(run, sink);
    case Format::csv:
      return write_csv(run, sink);
    case Format::npz:
      break;
  }
  return write_npz(run, sink);
}

}  // namespace assay::exports
