import { Button, NativeSelect, Pill, Popover, Stack, TextInput } from '@mantine/core'
import { IconFilterPlus } from '@tabler/icons-react'
import { type FormEvent, useRef, useState } from 'react'
import type { ViewColumn } from '../../protocol/api.js'
import classes from './rows.module.css'
import { type Filter, type Operator, operators, operatorsFor } from './rowsQuery.js'

interface RowFiltersProps {
  readonly columns: readonly ViewColumn[]
  readonly filters: readonly Filter[]
  readonly onChange: (filters: readonly Filter[]) => void
}

/** The filters that rows have to pass, all of them, and one more. */
export function RowFilters({ columns, filters, onChange }: RowFiltersProps) {
  const [open, setOpen] = useState(false)
  const add = useRef<HTMLButtonElement>(null)
  const remove = (filter: Filter): void => {
    onChange(filters.filter((other) => other !== filter))
    // The button that was pressed goes with it.
    add.current?.focus()
  }
  return (
    <div className={classes.filters}>
      <Popover opened={open} onChange={setOpen} position="bottom-start" trapFocus returnFocus withArrow shadow="md">
        <Popover.Target>
          <Button
            ref={add}
            variant="default"
            leftSection={<IconFilterPlus size={16} aria-hidden />}
            onClick={() => setOpen(!open)}
            disabled={columns.length === 0}
          >
            Filter
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <NewFilter
            columns={columns}
            onAdd={(filter) => {
              onChange([...filters, filter])
              setOpen(false)
            }}
          />
        </Popover.Dropdown>
      </Popover>
      {filters.map((filter) => (
        <Pill
          key={`${filter.column} ${filter.operator} ${filter.value}`}
          size="md"
          withRemoveButton
          onRemove={() => remove(filter)}
          removeButtonProps={{
            'aria-label': `Remove the filter on ${filter.column}`,
            tabIndex: 0,
            'aria-hidden': false,
          }}
        >
          {filter.column} {operators[filter.operator].label} {filter.value}
        </Pill>
      ))}
    </div>
  )
}

function NewFilter({
  columns,
  onAdd,
}: {
  readonly columns: readonly ViewColumn[]
  readonly onAdd: (filter: Filter) => void
}) {
  const [name, setName] = useState(columns[0]?.name ?? '')
  const column = columns.find((one) => one.name === name)
  const choices = column === undefined ? [] : operatorsFor(column)
  const [chosen, setChosen] = useState<Operator>('eq')
  const operator = choices.includes(chosen) ? chosen : (choices[0] ?? 'eq')
  const [value, setValue] = useState('')
  const valueless = operator === 'null' || operator === 'some'
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    onAdd({ column: name, operator, value: valueless ? '' : value })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm" w={260}>
        <NativeSelect
          label="Column"
          value={name}
          data={columns.map((one) => one.name)}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <NativeSelect
          label="Condition"
          value={operator}
          data={choices.map((choice) => ({ value: choice, label: operators[choice].label }))}
          onChange={(event) => setChosen(event.currentTarget.value as Operator)}
        />
        {!valueless && (
          <TextInput
            label="Value"
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
            data-autofocus
          />
        )}
        <Button type="submit">Add filter</Button>
      </Stack>
    </form>
  )
}
